"""The money board: what is approved, used and left, where it goes and how long it lasts; and the same to take along."""

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.models import BudgetLine
from finance.money import to_decimal
from finance.permissions import may_see_journal
from finance.sums import Sums
from outcomes.explain import Explanation
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.lines import read_lines, rows_of
from portal.boards.money import MoneyFacts, money_facts, spend_by_centre
from portal.boards.money_why import explain_money
from portal.boards.money_words import BURN_PANEL, headline_of, tiles_of
from portal.boards.scope import Scope, scope_of
from portal.boards.unchanged import while_unchanged
from portal.export import Column, Table, attached
from portal.views.explaining import Ask, explains

ON_A_PAGE = 10
PARTS_ON_A_PAGE = 12
MONTHS = 12


@require_safe
def board(request: PersonRequest) -> HttpResponse:
    """Where does the money go, and does it last?"""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    scope = scope_of(request.GET, request.user, asked.on)
    facts = _facts(request.user, scope, now, asked.on)
    by_centre = request.GET.get("by") == "centre"
    return render(
        request,
        "portal/money.html",
        {
            "facts": facts,
            "scope": scope,
            "headline": headline_of(facts),
            "tiles": tiles_of(facts),
            "answer": BURN_PANEL.answer(facts),
            "parts": Paginator(facts.parts, PARTS_ON_A_PAGE).get_page(request.GET.get("part")),
            "near": Paginator(facts.near, ON_A_PAGE).get_page(request.GET.get("page")),
            "by_centre": by_centre,
            "centres": spend_by_centre(_rows(facts, request.user), *_year(facts.today), asked.on) if by_centre else (),
            "months": () if by_centre else _month_rows(facts),
            "dated_later": sum(minor for month, minor in facts.spend if month > facts.today),
            "categories": BudgetLine.Category,
            "may_see_journal": may_see_journal(request.user),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _facts(user: User, scope: Scope, now: datetime, on: date | None) -> MoneyFacts:
    """What the board shows, worked out once until something changes."""
    return while_unchanged(
        ("money", scope.query, on), user, timezone.localdate(now), lambda: money_facts(user, scope, now, on)
    )


def _rows(facts: MoneyFacts, user: User) -> QuerySet[BudgetLine]:
    return rows_of(user, facts.scope, facts.on).filter(budget__currency=facts.currency)


def _year(today: date) -> tuple[date, date]:
    """The first day of the month a year ago, and of this month."""
    this = today.replace(day=1)
    return this.replace(year=this.year - 1), this


def _month_rows(facts: MoneyFacts) -> list[tuple[date, list[tuple[str, int]], int]]:
    """The last months, the newest first: each category with its amount, and the sum."""
    rows = []
    begun = {month: parts for month, parts in facts.months.items() if month <= facts.today}
    for month, parts in sorted(begun.items(), reverse=True)[:MONTHS]:
        amounts = [(category.value, parts.get(category.value, 0)) for category in BudgetLine.Category]
        rows.append((month, amounts, sum(parts.values())))
    return rows


@explains
def explain(ask: Ask, what: str) -> Explanation:
    """Why a figure of the board is what it is, as of the same day."""
    scope = scope_of(ask.query, ask.user, ask.on)
    return explain_money(what, _facts(ask.user, scope, ask.now, ask.on), ask.user)


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """Every budget line of the scope, in its own currency, of now or of a past day."""
    today = timezone.localdate()
    asked = asked_day(request.GET, today)
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    scope = scope_of(request.GET, request.user, asked.on)
    rows = rows_of(request.user, scope, asked.on)
    sums = {line.pk: line.sums for line in read_lines(rows, asked.on)}
    rows = rows.select_related("budget__project__portfolio").order_by("budget__project__key", "budget", "category")
    columns = (
        Column(_("Project"), 9),
        Column(_("Portfolio"), 20),
        Column(_("Budget"), 20),
        Column(_("Category"), 18),
        Column(_("Currency"), 9),
        *(
            Column(title, 14)
            for title in (_("Planned"), _("Released"), _("Reserved"), _("Committed"), _("Spent"), _("Available"))
        ),
        Column(_("When it is used up"), 20),
    )
    return attached(
        Table("money", columns, (_cells(line, sums[line.pk]) for line in rows.iterator() if line.pk in sums)),
        kind,
        asked.on or today,
    )


def _cells(line: BudgetLine, sums: Sums) -> list[Any]:
    budget = line.budget
    amounts = (sums.planned, sums.released, sums.reserved, sums.committed, sums.spent, sums.available)
    return [
        budget.project.key,
        str(budget.project.portfolio),
        budget.name,
        line.get_category_display(),
        budget.currency,
        *(to_decimal(minor, budget.currency) for minor in amounts),
        line.policy_word,
    ]
