"""What the page of one demand shows beside its words: its proofs, where they come from, and what happened to it."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from people.models import AuditEntry, User
from portal.wording import money_minor, number, spoken
from projects.models import Demand, Project
from projects.permissions import may_decide_demand, may_decide_demands, may_write_demand
from projects.services.demand import steps_from

TONES = {
    Demand.Status.DRAFT: ("", "pen"),
    Demand.Status.SUBMITTED: ("", "clock"),
    Demand.Status.UNDER_REVIEW: ("", "search"),
    Demand.Status.ACCEPTED: ("good", "check"),
    Demand.Status.SHELVED: ("warn", "pause"),
    Demand.Status.REJECTED: ("bad", "x"),
    Demand.Status.MERGED: ("", "steps"),
}
KEYS = frozenset({"benefit", "contract", "currency"})


@dataclass(frozen=True)
class Happened:
    """One step of a demand, who took it, and why."""

    entry: AuditEntry
    word: str
    note: str


@dataclass(frozen=True)
class DemandFacts:
    demand: Demand
    proofs: tuple[tuple[str, str], ...]
    cause_url: str
    improves: Project | None
    project: Project | None
    merged_into: Demand | None
    merged: tuple[Demand, ...]
    history: tuple[Happened, ...]
    steps: frozenset[str]
    may_decide: bool
    is_own: bool
    may_write: bool

    @property
    def pill(self) -> tuple[str, str, str]:
        return pill_of(self.demand)


def pill_of(demand: Demand) -> tuple[str, str, str]:
    """Word, tone and symbol of its status."""
    return (str(demand.get_status_display()), *TONES[Demand.Status(demand.status)])


def demand_facts(demand: Demand, user: User) -> DemandFacts:
    """The facts of one demand; rows that the person may not see are left out."""
    kept = [pk for pk in (demand.improves_id, demand.project_id) if pk]
    seen = {project.pk: project for project in Project.objects.visible_to(user).filter(pk__in=kept)}
    demands = Demand.objects.visible_to(user)
    into = demands.filter(pk=demand.merged_into_id).first() if demand.merged_into_id else None
    return DemandFacts(
        demand=demand,
        proofs=_proofs(demand.evidence),
        cause_url=_cause_url(demand),
        improves=seen.get(demand.improves_id),
        project=seen.get(demand.project_id),
        merged_into=into,
        merged=tuple(demands.filter(merged_into=demand)),
        history=_history(demand),
        steps=frozenset(step.value for step in steps_from(demand)),
        may_decide=may_decide_demand(user, demand),
        is_own=may_decide_demands(user) and user.pk == demand.proposer_id,
        may_write=may_write_demand(user, demand),
    )


def _proofs(evidence: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Each figure with its unit; the rows that it was read from are one click away, so their numbers are left out."""
    currency = evidence.get("currency", "")
    return tuple(_proof(str(name), value, currency) for name, value in evidence.items() if name not in KEYS)


def _proof(name: str, value: Any, currency: str) -> tuple[str, str]:
    if name.endswith("_minor") and currency and isinstance(value, int):
        return spoken(name.removesuffix("_minor")), money_minor(value, currency, full=True)
    if name.endswith("_percent"):
        return spoken(name.removesuffix("_percent")), f"{_told(value)}%"
    return spoken(name), _told(value)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{spoken(str(name))} {_told(each)}" for name, each in value.items())
    return str(value)


def _cause_url(demand: Demand) -> str:
    """The page of what opened it: a reference such as benefit:12 leads to that benefit."""
    kind, _colon, number_of = (demand.reference or "").partition(":")
    try:
        return reverse(kind, args=[int(number_of.split(":")[0])]) if kind == demand.origin else ""
    except (NoReverseMatch, ValueError):
        return ""


def _history(demand: Demand) -> tuple[Happened, ...]:
    entries = AuditEntry.objects.filter(subject_type=demand._meta.label_lower, subject_id=str(demand.pk))
    return tuple(
        Happened(entry, _word(entry), entry.detail.get("note", ""))
        for entry in entries.select_related("actor").order_by("-at", "-pk")[:50]
    )


def _word(entry: AuditEntry) -> str:
    if entry.verb == "decide_demand":
        return str(Demand.Status(entry.detail["to"]).label)
    words = {
        "propose_demand": _("Written down"),
        "change_demand": _("Changed"),
        "submit_demand": _("Submitted"),
        "open_improvement": _("Opened by a shortfall"),
    }
    return words.get(entry.verb, entry.verb)
