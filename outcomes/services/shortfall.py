"""Open an improvement demand where a benefit falls short of its promise, and find those that it opened."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes import wording
from outcomes.models import Benefit
from outcomes.services.triage import UNDECIDED
from outcomes.shortfall import Realised, Shortfall, shortfall
from people.models import Notice
from people.notices import notify
from projects.models import Demand
from projects.services import open_improvement


def shortfall_of(benefit: Benefit, *, until: date, since: date | None = None) -> Shortfall | None:
    """How far a benefit lies below its promise in the months before `until`, or None within its tolerance."""
    records = benefit.realisations.order_by("recorded_at", "pk").values_list(
        "month", "actual_minor", "attributed_percent", "recorded_at"
    )
    plan = dict(benefit.plan.values_list("month", "planned_minor"))
    told = [Realised(*record) for record in records]
    return shortfall(plan, told, benefit.tolerance_percent, until=until, since=since)


def demands_of(benefit: Benefit, demands: QuerySet[Demand] | None = None) -> QuerySet[Demand]:
    """The demands that shortfalls of a benefit opened, the newest first."""
    found = Demand.objects.all() if demands is None else demands
    first = _reference(benefit.pk, 1)
    of_benefit = Q(reference=first) | Q(reference__startswith=f"{first}:")
    return found.filter(of_benefit, origin=Demand.Origin.BENEFIT).order_by("-opened_at", "-pk")


def newest_demands(benefits: Iterable[Benefit], demands: QuerySet[Demand]) -> dict[int, Demand]:
    """The newest demand that each benefit opened, by its key; one question for all of them."""
    projects = {benefit.project_id for benefit in benefits}
    opened = demands.filter(origin=Demand.Origin.BENEFIT, improves__in=projects)
    return {
        int(demand.reference.split(":")[1]): demand
        for demand in opened.order_by("opened_at", "pk")
        if demand.reference
    }  # fmt: skip


def watch_benefit(benefit: Benefit, at: datetime) -> Demand | None:
    """Open a demand where the benefit falls short; none while an earlier one is undecided.

    After a decision it takes three months that began since, so that the same shortfall does not ask twice.
    """
    earlier = demands_of(benefit)
    if earlier.filter(status__in=UNDECIDED).exists():
        return None
    decided = [_month_of(demand.decided_at) for demand in earlier if demand.decided_at]
    missing = shortfall_of(benefit, until=_month_of(at), since=max(decided, default=None))
    if missing is None:
        return None
    project = benefit.project
    figures = {
        "benefit": benefit.name,
        "project": project.title,
        "realised": wording.money(missing.realised_minor, benefit.currency),
        "planned": wording.money(missing.planned_minor, benefit.currency),
        "first": f"{missing.months[0]:%Y-%m}",
        "last": f"{missing.months[-1]:%Y-%m}",
    }
    demand = open_improvement(
        title=_("Bring “%(benefit)s” to its promise") % {"benefit": benefit.name[:100]},
        problem=_(
            "“%(benefit)s” of %(project)s brought %(realised)s from %(first)s to %(last)s; promised was %(planned)s."
        )
        % figures,
        department=project.sponsor,
        improves=project,
        origin=Demand.Origin.BENEFIT,
        reference=_reference(benefit.pk, earlier.count() + 1),
        evidence=_evidence(benefit, missing),
        at=at,
    )
    seeing = Demand.objects.filter(pk=demand.pk)
    for person in {benefit.owner, project.lead}:
        notify(
            users=[person],
            kind=Notice.Kind.IMPROVEMENT,
            text=_("“%(benefit)s” brought %(realised)s of %(planned)s; an improvement demand is open") % figures,
            url=(demand if seeing.visible_to(person).exists() else benefit).get_absolute_url(),
            subject=benefit,
        )
    return demand


def _reference(key: int, number: int) -> str:
    """Under which name the demand is known: benefit:12, and its second one benefit:12:2."""
    return f"benefit:{key}" + (f":{number}" if number > 1 else "")


def _month_of(moment: datetime) -> date:
    return timezone.localdate(moment).replace(day=1)


def _evidence(benefit: Benefit, missing: Shortfall) -> dict[str, Any]:
    return {
        "benefit": benefit.pk,
        "currency": benefit.currency,
        "months": [month.isoformat() for month in missing.months],
        "planned_minor": missing.planned_minor,
        "realised_minor": missing.realised_minor,
        "tolerance_percent": missing.tolerance_percent,
        "contract": benefit.contract_id,
    }
