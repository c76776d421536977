"""One review before a gate: its criteria with their readings, what each outcome would do, and then beside now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from finance.money import to_minor
from outcomes.gate_effects import Prospect, money_of, prospect_of
from outcomes.gate_facts import Reading, Source, facts_of, needed, read
from outcomes.gate_then import criterion_of
from outcomes.models import GateCriterion, GateDecision, GateReview
from outcomes.services.gate_decision import must_meets_unmet
from outcomes.wording import number, unit_of_change
from portal.boards.closing import closing_words
from projects.models import Project

Outcome = GateDecision.Outcome


@dataclass(frozen=True)
class Row:
    """One criterion as the page shows it: what is needed, what it reads, where that was read."""

    reading: Reading
    url: str
    answer: dict[str, Any] | None = None

    @property
    def criterion(self) -> GateCriterion:
        return self.reading.criterion

    @property
    def is_check(self) -> bool:
        return self.criterion.fact == GateCriterion.Fact.CHECK


@dataclass(frozen=True)
class ThenNow:
    """One frozen reading beside the live one."""

    then: dict[str, Any]
    then_at: datetime | None
    needed: str
    now: Reading | None
    change: str
    tone: str
    url: str


@dataclass(frozen=True)
class Choice:
    """One outcome before it is chosen: what it would do, or why it is not possible."""

    outcome: GateDecision.Outcome
    effects: tuple[str, ...]
    barred: str = ""


def source_url(kind: str, number: int | None, project: Project, pk: str = "") -> str:
    """The page where the figure stands; nothing where there is none of its own."""
    if kind in {"run", "model_version"}:
        return reverse("job", args=[project.key, number]) if number else reverse("models")
    if kind == "budget":
        return reverse("explain", args=["budget", pk])
    if kind in {"measurement", "value_contract"} and number:
        return reverse("kpi", args=[number])
    return "" if kind == "check" else project.get_absolute_url()


def rows_of(review: GateReview, readings: tuple[Reading, ...]) -> list[Row]:
    return [
        Row(each, _url(each.source, review.project), review.checks.get(str(each.criterion.pk))) for each in readings
    ]


def _url(source: Source | None, project: Project) -> str:
    return source_url(source.kind, source.number, project, source.id) if source else ""


def choices_of(review: GateReview, readings: tuple[Reading, ...], at: datetime) -> tuple[Choice, ...]:
    """The five outcomes with their consequences in numbers, before anybody decides."""
    prospect = prospect_of(review, timezone.localdate(at))
    unmet = must_meets_unmet(readings)
    barred = ""
    if unmet:
        titles = "; ".join(each.criterion.title for each in unmet)
        barred = _("Not possible: every must-meet has to be met, and these are not: %(titles)s.") % {"titles": titles}
    rests = _("The project rests until a later go; its money stays as it is.")
    if review.project.status == Project.Status.ON_HOLD:
        rests = _("It rests already and keeps resting.")
    return (
        Choice(Outcome.GO, _opened(review, prospect), barred),
        Choice(Outcome.CONDITIONAL_GO, (*_opened(review, prospect), _("The conditions are signed with it."))),
        Choice(Outcome.HOLD, (rests,)),
        Choice(Outcome.RECYCLE, (_("Nothing moves; the team works on and asks again."),)),
        Choice(Outcome.KILL, closing_words(prospect)),
    )  # fmt: skip


def _opened(review: GateReview, prospect: Prospect) -> tuple[str, ...]:
    station = review.gate.get_station_display()
    enters = _("The project enters %(station)s.") % {"station": station}
    money = prospect.tranche_money
    releases = _("%(money)s are released.") % {"money": money} if money else _("No tranche waits for this gate.")
    return enters, releases


def then_and_now(review: GateReview, decision: GateDecision, at: datetime, on: date | None = None) -> list[ThenNow]:
    """Each frozen reading beside what the same criterion reads today, or read on a past day since.

    Answers of a check list stay as they were.
    """
    facts = facts_of([review.project_id], at, on)[review.project_id]
    return [_pair(frozen, review, facts) for frozen in decision.snapshot.facts["readings"]]


def _pair(frozen: dict[str, Any], review: GateReview, facts: Any) -> ThenNow:
    criterion = criterion_of(frozen)
    is_check = criterion.fact == GateCriterion.Fact.CHECK
    now = None if is_check else read(criterion, facts, {})
    change, tone = (_("answered then"), "") if now is None else change_of(frozen, now)
    source = frozen["source"]
    return ThenNow(
        then=frozen,
        then_at=parse_datetime(source["at"]) if source and source["at"] else None,
        needed=needed(criterion, frozen["unit"]),
        now=now,
        change=change,
        tone=tone,
        url=source_url(source["kind"], source["number"], review.project, source["id"]) if source else "",
    )


def change_of(frozen: dict[str, Any], now: Reading) -> tuple[str, str]:
    """What became of a figure since the decision, in words, and the tone of it."""
    then = float(frozen["value"]) if frozen["value"] is not None else None
    if now.value is None:
        return (_("as it was"), "") if then is None else (_("cannot be read any more"), "bad")
    if then is None:
        return _("can be read now"), "good" if now.is_met else ""
    if frozen["is_met"] != now.is_met:
        tone = "good" if now.is_met else "bad"
        met = _("met now") if now.is_met else _("no longer met")
        return _("%(met)s, %(moved)s") % {"met": met, "moved": _moved(now.value - then, now.unit)}, tone
    return (_moved(now.value - then, now.unit), "") if now.value != then else (_("as it was"), "")


def _moved(difference: float, unit: str) -> str:
    size = f"{number(abs(round(difference, 6)))} {unit_of_change(unit)}".strip()
    words = _("higher by %(size)s") if difference > 0 else _("lower by %(size)s")
    return words % {"size": size}


def effects_in_words(decision: GateDecision) -> list[str]:
    """What a decision did, with its counts and amounts."""
    effects = decision.effects
    said = []
    if effects.get("station"):
        said.append(_("Entered %(station)s.") % {"station": decision.review.gate.get_station_display()})
    if effects.get("released"):
        said.append(_("Released %(money)s.") % {"money": _written(effects["released"])})
    if effects.get("held"):
        said.append(_("Put on hold."))
    for name, one, many in (
        ("jobs_cancelled", _("%(n)d job cancelled"), _("%(n)d jobs cancelled")),
        ("jobs_told_to_stop", _("%(n)d running job told to stop"), _("%(n)d running jobs told to stop")),
        ("commitments_cancelled", _("%(n)d order cancelled"), _("%(n)d orders cancelled")),
        ("reservations_released", _("%(n)d reservation given back"), _("%(n)d reservations given back")),
        ("accruals_reversed", _("%(n)d accrual reversed"), _("%(n)d accruals reversed")),
        ("people_freed", _("%(n)d person freed"), _("%(n)d people freed")),
        ("commitments_kept", _("%(n)d order stays owed"), _("%(n)d orders stay owed")),
    ):
        count = effects.get(name, 0)
        if count:
            money = _written(effects.get(f"{name}_money", {}))
            said.append(f"{(one if count == 1 else many) % {'n': count}}{f': {money}' if money else ''}.")
    return said or [_("Nothing moved.")]


def _written(amounts: dict[str, str]) -> str:
    return money_of({currency: to_minor(amount, currency) for currency, amount in amounts.items()})
