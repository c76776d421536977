"""The gate room: what waits for a decision, what a go would release, what waiting costs, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import Budget
from finance.then import budgets_then
from outcomes.gate_effects import Amounts, amounts_of, tranche_amounts
from outcomes.gate_facts import Reading, read_reviews, score_percent
from outcomes.gate_then import gates_moved, reviews_then
from outcomes.models import Gate, GateCriterion, GateDecision, GateReview
from outcomes.permissions import may_decide_gate, may_decide_review
from outcomes.querysets import GateReviewQuerySet, day_ends
from outcomes.services.gate import next_gate, read_evidence
from outcomes.value import Value, project_values
from people.models import User
from portal.boards.budget_then import tranches_then
from portal.boards.then import projects_then, rows_then
from portal.export import Column, Table
from portal.search import typed
from portal.wording import count_of, in_front, money_minor
from projects.models import Project, Station

WEEKS_A_YEAR = 52
FILTERS = ("q", "horizon", "station", "outcome")


@dataclass(frozen=True)
class Waiting:
    """One review that waits, with what it takes to decide."""

    review: GateReview
    readings: tuple[Reading, ...]
    released: Amounts
    value: Value | None
    may_decide: bool
    today: date

    @property
    def number(self) -> int:
        return Station(self.review.gate.station).position

    @property
    def musts(self) -> list[Reading]:
        return [each for each in self.readings if each.criterion.kind == GateCriterion.Kind.MUST_MEET]

    @property
    def met(self) -> int:
        return sum(each.is_met for each in self.musts)

    @property
    def score(self) -> int | None:
        return score_percent(self.readings)

    @property
    def money(self) -> str:
        return short_money(self.released)

    @property
    def week(self) -> str:
        minor = week_minor(self.value)
        return money_minor(minor, self.value.currency) if self.value and minor else ""

    @property
    def is_overdue(self) -> bool:
        return self.review.due_on is not None and self.review.due_on < self.today


@dataclass(frozen=True)
class Room:
    """What the sentence at the top answers for every open review, whatever the page shows of them."""

    count: int
    overdue: int
    released: Amounts
    week: Amounts
    decides: bool

    @property
    def sentence(self) -> SafeString:
        if not self.count:
            return format_html("<strong>{}</strong>", _("No gate waits for a decision."))
        gates = in_front(count_of(self.count, _("gate waits"), _("gates wait")))
        parts = [format_html("<strong>{}</strong> {}", gates, _("for a decision."))]
        if self.released:
            parts.append(
                format_html(
                    ngettext(
                        "A go releases <strong>{}</strong>.",
                        "A go on all of them releases <strong>{}</strong>.",
                        self.count,
                    ),
                    short_money(self.released),
                )
            )
        if self.week:
            parts.append(format_html(_("A week of waiting costs about <strong>{}</strong>."), short_money(self.week)))
        if self.overdue:
            late = in_front(count_of(self.overdue, _("is overdue"), _("are overdue")))
            parts.append(format_html("{}.", late))
        return format_html_join(" ", "{}", ((part,) for part in parts))


@dataclass(frozen=True)
class NextGate:
    """The gate ahead of a project, for its page: how far its evidence is, and whether somebody has asked."""

    gate: Gate
    number: int
    review: GateReview | None
    met: int
    musts: int
    released: Amounts
    is_lost: bool = False  # its criteria have been changed since

    @property
    def money(self) -> str:
        return short_money(self.released)


def next_gate_of(project: Project, at: datetime, on: date | None = None) -> NextGate | None:
    """None at the end of the line, once the project has ended, and while nobody has defined the gate."""
    gate = next_gate(project)
    if gate is None or project.ended_on is not None:
        return None
    reviews = GateReview.objects.filter(project=project.pk)
    asked = next(iter(as_of((reviews.open() if on is None else reviews.open_on(on)).with_criteria()[:1], on)), None)
    review = asked or GateReview(project=project, gate=gate, checks={})
    musts = [each for each in read_evidence(review, at, on) if each.criterion.kind == GateCriterion.Kind.MUST_MEET]
    return NextGate(
        gate=review.gate,
        number=Station(gate.station).position,
        review=asked,
        met=sum(each.is_met for each in musts),
        musts=len(musts),
        released=released_by_go([review], on)[review.pk],
        is_lost=on is not None and asked is None and gate.pk in gates_moved(day_ends(on)),
    )


def as_of(reviews: Iterable[GateReview], on: date | None) -> list[GateReview]:
    """Reviews with their projects: as they are, or as they stood at the end of a past day."""
    if on is None:
        return list(reviews)
    rows = reviews_then(reviews, day_ends(on))
    set_projects_then(rows, on)
    return rows


def set_projects_then(reviews: Sequence[GateReview], on: date) -> None:
    known = projects_then(Project.objects.filter(pk__in=[row.project_id for row in reviews]), on)
    projects = {project.pk: project for project in known}
    for row in reviews:
        row.project = projects.get(row.project_id, row.project)


def released_by_go(reviews: Sequence[GateReview], on: date | None) -> dict[int, Amounts]:
    """What a go would release, or would have released on a past day."""
    if on is None:
        return tranche_amounts(reviews)
    budgets = Budget.objects.filter(project__in=[review.project_id for review in reviews])
    metered = [each for each in budgets_then(budgets, day_ends(on)) if each.metered_then]  # type: ignore[attr-defined]
    tranches = tranches_then(metered, on)
    return {
        review.pk: amounts_of(
            (budget.currency, tranche.minor)
            for budget in metered
            if budget.project_id == review.project_id
            for tranche in tranches[budget.pk]
            if tranche.station == review.gate.station and tranche.released_at is None
        )
        for review in reviews
    }


def short_money(amounts: Amounts) -> str:
    """EUR 320k; each currency by itself, because currencies are never added up."""
    return ", ".join(money_minor(minor, currency) for currency, minor in sorted(amounts.items()) if minor)


def week_minor(value: Value | None) -> int:
    """What a week without the model costs: a fifty-second of its value a year, where it has any."""
    return max(0, value.net_minor) // WEEKS_A_YEAR if value else 0


def reviews_of(user: User, query: Mapping[str, str], on: date | None = None) -> GateReviewQuerySet:
    """The reviews that a person may see, by words, horizon and gate; a gate that does not exist finds nothing."""
    reviews = GateReview.objects.visible_to(user)
    if on is not None:
        reviews = reviews.known_on(on)
    words = typed(query.get("q", ""))
    if words:
        projects = Project.objects.all() if on is None else rows_then(Project, on)
        named = projects.filter(Q(title__icontains=words) | Q(key__iexact=words)).values_list("id", flat=True)
        reviews = reviews.filter(project_id__in=named)
    if query.get("horizon"):
        reviews = reviews.filter(gate__horizon=typed(query["horizon"]))
    if query.get("station"):
        reviews = reviews.filter(gate__station=typed(query["station"]))
    return reviews


def decisions_of(user: User, query: Mapping[str, str], on: date | None = None) -> QuerySet[GateDecision]:
    decisions = GateDecision.objects.filter(review__in=reviews_of(user, query, on).order_by().values("pk"))
    if on is not None:
        decisions = decisions.filter(decided_at__lt=day_ends(on))
    if query.get("outcome"):
        decisions = decisions.filter(outcome=typed(query["outcome"]))
    return decisions.select_related("review__project", "review__gate", "decided_by").order_by("-decided_at", "-pk")


def address_of(page: str, query: Mapping[str, str], on: date | None) -> str:
    """A page with the filters of the gate room and as of the same day."""
    given = {name: query[name] for name in FILTERS if query.get(name)} | ({"as_of": on.isoformat()} if on else {})
    return reverse(page) + (f"?{urlencode(given)}" if given else "")


def waiting_of(reviews: Sequence[GateReview], user: User, at: datetime, on: date | None = None) -> list[Waiting]:
    """The rows of one page, in a number of queries that does not grow with them; nobody decides on a past day."""
    reviews = as_of(reviews, on)
    readings, released = read_reviews(reviews, at, on), released_by_go(reviews, on)
    values = project_values([review.project for review in reviews], on)
    today = on or timezone.localdate(at)
    return [
        Waiting(
            review,
            readings[review.pk],
            released[review.pk],
            values[review.project_id],
            may_decide_review(user, review) and on is None,
            today,
        )
        for review in reviews
    ]


def room_of(user: User, at: datetime, on: date | None = None) -> Room:
    """Sums over everything that waits, or waited at the end of a past day."""
    visible = GateReview.objects.visible_to(user)
    reviews = list((visible.open() if on is None else visible.open_on(on)).select_related("gate"))
    values = project_values(Project.objects.filter(pk__in=[review.project_id for review in reviews]), on)
    week: Amounts = {}
    for value in values.values():
        if value and week_minor(value):
            week[value.currency] = week.get(value.currency, 0) + week_minor(value)
    released: Amounts = {}
    for amounts in released_by_go(reviews, on).values():
        for currency, minor in amounts.items():
            released[currency] = released.get(currency, 0) + minor
    today = on or timezone.localdate(at)
    overdue = sum(review.due_on is not None and review.due_on < today for review in reviews)
    return Room(len(reviews), overdue, released, week, may_decide_gate(user))


def table_of(reviews: Iterable[GateReview]) -> Table:
    """Every review with its decision, if there is one, to take along."""
    names = (
        "project", "title", "review", "gate", "question", "horizon", "asked_by", "asked_at", "due_on", "outcome",
        "reasons", "conditions", "decided_by", "decided_at", "digest",
    )  # fmt: skip
    return Table("gates", [Column(name, 18) for name in names], map(_cells, reviews))


def _cells(review: GateReview) -> list[Any]:
    decision: GateDecision | None = getattr(review, "decision", None)
    withdrawn = "withdrawn" if review.withdrawn_at else "open"
    return [
        review.project.key,
        review.project.title,
        review.number,
        Station(review.gate.station).position,
        review.gate.title,
        review.gate.horizon,
        review.asked_by.username,
        review.asked_at.isoformat(timespec="seconds"),
        review.due_on or "",
        decision.outcome if decision else withdrawn,
        decision.reasons if decision else "",
        decision.conditions if decision else "",
        decision.decided_by.username if decision else "",
        decision.decided_at.isoformat(timespec="seconds") if decision else "",
        decision.snapshot.digest if decision else "",
    ]


def needs_at_gates(user: User, most: int) -> list[GateReview]:
    """The reviews that this person may decide on, the soonest due first."""
    if not may_decide_gate(user):
        return []
    reviews = GateReview.objects.visible_to(user).decidable_by(user)
    return list(reviews.select_related("project", "gate").soonest()[:most])
