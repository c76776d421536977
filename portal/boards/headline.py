"""The sentence that answers the portfolio's question, and the short list of what needs somebody."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import BudgetVersion
from finance.permissions import may_approve_budget
from outcomes.gate_effects import tranche_amounts
from outcomes.models import GateReview, Kpi
from outcomes.permissions import may_sign_contract
from people.models import User
from portal.boards.conditions import address, needs_at_conditions
from portal.boards.facts import PortfolioFacts
from portal.boards.gate_room import needs_at_gates, short_money
from portal.boards.rows import ProjectRow, row_sums, value_sum
from portal.templatetags.throughline import why
from portal.wording import count_of, day, in_front, money_minor, percent
from projects.permissions import may_contribute

AT_MOST = 5


def headline_of(facts: PortfolioFacts) -> SafeString:
    """On course or not; what it is worth; what is used; who is not on course. Every figure follows from rows."""
    if not facts.rows:
        return format_html(
            "<strong>{}</strong> {}", _("Nothing is under way yet."), _("The first project begins with a demand.")
        )
    sentences = [_course(facts.rows), _worth(facts), _money(facts), _worst(facts.rows)]
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences if sentence))


def _course(rows: tuple[ProjectRow, ...]) -> SafeString:
    bad = sum(row.health.tone == "bad" for row in rows)
    warned = sum(row.health.tone == "warn" for row in rows)
    if not bad and not warned:
        return format_html("<strong>{}</strong>", _("We are on course."))
    if bad * 3 <= len(rows) and (bad + warned) * 2 > len(rows):
        return format_html("<strong>{}</strong>", _("Most projects need a look."))
    if bad * 3 <= len(rows):
        return format_html("<strong>{}</strong>", _("We are mostly on course."))
    return format_html("<strong>{}</strong>", _("We are off course."))


def _worth(facts: PortfolioFacts) -> SafeString:
    total = value_sum(facts.rows, facts.currency)
    guess = value_sum(facts.rows, facts.currency, hypothesis=True)
    valued = sum(row.value is not None for row in facts.rows)
    projects = in_front(count_of(len(facts.rows), _("project"), _("projects")))
    if not valued:
        return format_html(_("{} and no proven value yet."), projects)
    worth = format_html(
        ngettext("{} is worth <strong>{}</strong> a year", "{} are worth <strong>{}</strong> a year", len(facts.rows)),
        projects,
        _explained(facts, "value", total),
    )
    if not guess:
        return format_html("{}.", worth)
    if guess == total:
        return format_html(_("{}, all of it a hypothesis."), worth)
    parts = (money_minor(part, facts.currency) for part in (total - guess, guess))
    return format_html(_("{}: {} is signed and {} is a hypothesis."), worth, *parts)


def _money(facts: PortfolioFacts) -> SafeString | None:
    sums = row_sums(facts.rows, facts.currency)
    if not sums.planned:
        return None
    if sums.left < 0:
        return format_html(
            _("Together they are <strong>{} over budget</strong>."),
            _explained(facts, "left", -sums.left),
        )
    share = why(facts.explained_at("used"), percent(sums.used_share))
    return format_html(_("<strong>{}</strong> of the budget is used."), share)


def _explained(facts: PortfolioFacts, what: str, minor: int) -> SafeString:
    return why(facts.explained_at(what), money_minor(minor, facts.currency))


def _worst(rows: tuple[ProjectRow, ...]) -> SafeString | None:
    """The project that is worst off, with the one link of the headline."""
    worst = min(
        (row for row in rows if row.health.tone in {"bad", "warn"}),
        key=lambda row: (row.health.rank, -(row.money.planned)),
        default=None,
    )
    if worst is None:
        return None
    return format_html(
        _('{} needs a look: it <a href="{}">{}</a>.'),
        worst.project.title,
        worst.project.get_absolute_url(),
        worst.health.reason,
    )


@dataclass(frozen=True)
class Need:
    """Something that waits for somebody: what, why, and the one thing to do."""

    title: str
    text: str
    url: str
    action: str
    tone: str
    symbol: str
    word: str
    explained_at: str = ""  # where the word explains itself


def needs_of(facts: PortfolioFacts, user: User) -> tuple[Need, ...]:
    """The gravest first: off track, gates and budgets to decide on, figures not signed, KPIs that nobody measured.

    What waits for a decision waits now: of a past day it is left out."""
    by_health = sorted(facts.rows, key=lambda row: row.health.rank)
    needs = [_need(row, facts) for row in by_health if row.health.tone == "bad"]
    needs += [*_gates(facts, user), *_conditions(facts, user), *_drafts(user)] if facts.on is None else []
    needs += [_need(row, facts) for row in by_health if row.health.tone == "warn"]
    needs += [_unsigned(row, user) for row in facts.rows if row.value and row.value.is_hypothesis]
    needs += [_unmeasured(row.project.title, row.kpi, user) for row in facts.rows if row.kpi and row.reached is None]
    return tuple(needs)


def _gates(facts: PortfolioFacts, user: User) -> list[Need]:
    """The reviews that wait for this person, with the day and the money that a go releases."""
    reviews = needs_at_gates(user, AT_MOST)
    released = tranche_amounts(reviews) if reviews else {}
    return [_gate(review, short_money(released[review.pk]), facts) for review in reviews]


def _gate(review: GateReview, money: str, facts: PortfolioFacts) -> Need:
    due = _("Due %(on)s.") % {"on": day(review.due_on)} if review.due_on else ""
    release = _("A go releases %(money)s.") % {"money": money} if money else ""
    is_late = review.due_on is not None and review.due_on < facts.today
    return Need(
        review.project.title,
        " ".join(filter(None, (review.gate.title, release, due))),
        review.get_absolute_url(),
        _("Decide"),
        "bad" if is_late else "warn",
        "gate",
        _("Overdue") if is_late else _("Gate waits"),
    )


def _conditions(facts: PortfolioFacts, user: User) -> list[Need]:
    """The overdue conditions of a go that this person sees to or answers for."""
    return [
        Need(
            condition.decision.review.project.title,
            _("“%(condition)s” was due %(on)s, %(owner)s sees to it.")
            % {"condition": condition.text, "on": day(condition.due_on), "owner": condition.owner},
            address(condition),
            _("Open"),
            "bad",
            "gate",
            _("Condition overdue"),
        )
        for condition in needs_at_conditions(user, facts.today, AT_MOST)
    ]


def _drafts(user: User) -> list[Need]:
    """The budget versions that wait for this person, who did not draft them."""
    if not may_approve_budget(user):
        return []
    return [_draft(version) for version in BudgetVersion.objects.drafts().exclude(made_by=user)[:AT_MOST]]


def _draft(version: BudgetVersion) -> Need:
    figures = {"n": version.number, "name": version.budget.name, "who": version.made_by}
    return Need(
        version.budget.project.title,
        _("Version %(n)d of “%(name)s”, drafted by %(who)s, waits for its approval.") % figures,
        reverse("budget-version", args=[version.pk]),
        _("Read it"),
        "warn",
        "coin",
        _("Budget waits"),
    )


def _unmeasured(title: str, kpi: Kpi, user: User) -> Need:
    text = _("“%(kpi)s” has not been measured yet.") % {"kpi": kpi.name}
    writes = may_contribute(user)
    url, action = (
        (reverse("measurement-new", args=[kpi.pk]), _("Record")) if writes else (kpi.get_absolute_url(), _("Open"))
    )
    return Need(title, text, url, action, "warn", "clock", _("No measurement"))


def _health_of(row: ProjectRow, facts: PortfolioFacts) -> str:
    """Where its health explains itself, as of the same day."""
    address = reverse("explain-health", args=[row.project.key])
    return f"{address}?as_of={facts.on.isoformat()}" if facts.on else address


def _need(row: ProjectRow, facts: PortfolioFacts) -> Need:
    text = (
        _("It {reason}: {left} left of {planned}.")
        if row.money.left >= 0
        else _("It {reason}: {left} over the {planned} planned.")
    )
    left = money_minor(abs(row.money.left), row.money.currency)
    explains_itself = row.money.budget_pk and facts.on is None  # a budget explains what it holds today
    figures = {
        "reason": row.health.reason,
        "left": why(reverse("explain", args=["project-left", row.money.budget_pk]), left) if explains_itself else left,
        "planned": money_minor(row.money.planned, row.money.currency),
    }
    return Need(
        row.project.title,
        format_html(text, **figures),
        row.project.get_absolute_url(),
        _("Open"),
        row.health.tone,
        row.health.symbol,
        row.health.word,
        _health_of(row, facts),
    )


def _unsigned(row: ProjectRow, user: User) -> Need:
    contract = row.value.contract  # type: ignore[union-attr]
    figure = why(
        reverse("explain", args=["value", contract.pk]),
        money_minor(row.value.net_minor, row.value.currency),  # type: ignore[union-attr]
    )
    url = (
        reverse("contract-sign", args=[contract.pk])
        if may_sign_contract(user)
        else reverse("kpi", args=[contract.kpi_id])
    )
    return Need(
        row.project.title,
        format_html(
            _("{} a year is a hypothesis; finance has not signed version {}."),
            figure,
            contract.version,
        ),
        url,
        _("Sign") if may_sign_contract(user) else _("Open"),
        "warn",
        "pen",
        _("Not signed"),
    )
