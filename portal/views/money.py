"""The money board: what is approved, used and left, where it goes and how long it lasts; and the same as CSV."""

import csv
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.models import BudgetLine
from finance.money import to_decimal
from finance.permissions import may_see_journal
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.money import MoneyFacts, lines_of, money_facts, near_limit, parts_of, spend_by_centre
from portal.boards.money_words import BURN_PANEL, explain_money, headline_of, tiles_of
from portal.boards.scope import scope_of
from trainingjobs.export import harmless

ON_A_PAGE = 10
PARTS_ON_A_PAGE = 12
MONTHS = 12


@require_safe
def board(request: PersonRequest) -> HttpResponse:
    """Where does the money go, and does it last?"""
    scope = scope_of(request.GET, request.user)
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    facts = money_facts(request.user, scope, now, asked.on)
    lines = lines_of(request.user, scope, asked.on).filter(budget__currency=facts.currency)
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
            "parts": Paginator(parts_of(lines, scope, asked.on), PARTS_ON_A_PAGE).get_page(request.GET.get("part")),
            "near": Paginator(near_limit(lines, asked.on), ON_A_PAGE).get_page(request.GET.get("page")),
            "by_centre": by_centre,
            "centres": spend_by_centre(lines, *_year(facts.today), asked.on) if by_centre else (),
            "months": () if by_centre else _month_rows(facts),
            "categories": BudgetLine.Category,
            "may_see_journal": may_see_journal(request.user),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _year(today: date) -> tuple[date, date]:
    """The first day of the month a year ago, and of this month."""
    this = today.replace(day=1)
    return this.replace(year=this.year - 1), this


def _month_rows(facts: MoneyFacts) -> list[tuple[date, list[int], int]]:
    """The last months, the newest first: the amount of each category and the sum."""
    rows = []
    for month, parts in sorted(facts.months.items(), reverse=True)[:MONTHS]:
        amounts = [parts.get(category.value, 0) for category in BudgetLine.Category]
        rows.append((month, amounts, sum(amounts)))
    return rows


@require_safe
def explain(request: PersonRequest, what: str) -> HttpResponse:
    """Why a figure of the board is what it is, as of the same day."""
    scope = scope_of(request.GET, request.user)
    asked = asked_day(request.GET, timezone.localdate())
    try:
        lines = lines_of(request.user, scope, asked.on)
        explanation = explain_money(what, lines, settings.CURRENCY, scope.name, asked.on)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    template = "components/explain.html" if request.htmx else "outcomes/explanation.html"
    return render(request, template, {"explanation": explanation})


@require_safe
def export(request: PersonRequest) -> HttpResponse:
    """Every budget line of the scope, in its own currency."""
    scope = scope_of(request.GET, request.user)
    today = timezone.localdate()
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="money-{today.isoformat()}.csv"'},
    )
    writer = csv.writer(response)
    writer.writerow(
        [
            _("Project"), _("Portfolio"), _("Budget"), _("Category"), _("Currency"), _("Planned"), _("Released"),
            _("Reserved"), _("Committed"), _("Spent"), _("Available"), _("When it is used up"),
        ]
    )  # fmt: skip
    lines = lines_of(request.user, scope).select_related("budget__project__portfolio")
    for line in lines.order_by("budget__project__key", "budget", "category").iterator():
        writer.writerow([harmless(cell) for cell in _cells(line)])
    return response


def _cells(line: BudgetLine) -> list[Any]:
    budget = line.budget
    amounts = (
        line.planned_minor,
        line.released_minor,
        line.reserved_minor,
        line.committed_minor,
        line.spent_minor,
        line.available_minor,
    )
    return [
        budget.project.key,
        str(budget.project.portfolio),
        budget.name,
        line.get_category_display(),
        budget.currency,
        *(to_decimal(minor, budget.currency) for minor in amounts),
        line.policy_word,
    ]
