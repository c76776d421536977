"""Release a budget stage by stage: gates open the money of what lies ahead, what has begun needs no gate."""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import Budget, FundingTranche
from finance.services.plan import plan_tranches, release_tranche
from people.models import User
from projects.models import Project, Station


@transaction.atomic
def meter_budget(
    *,
    budget: Budget,
    tranches: Mapping[Station, Mapping[str, int]],
    at: datetime,
    by: User,
    expires_on: date | None = None,
) -> list[FundingTranche]:
    """Plan the tranches of a budget. No gate is ahead of a stage that has begun, so its money is released now.

    `tranches` has minor units by category for each stage.
    """
    if expires_on is not None and expires_on <= timezone.localdate(at):
        raise ValidationError(
            {"expires_on": ValidationError(_("This day is over. Name one that is still to come."), code="in_past")}
        )
    if not any(minor for amounts in tranches.values() for minor in amounts.values()):
        raise ValidationError(_("Name the money of one stage at least."), code="no_tranche")
    project = Project.objects.select_for_update(no_key=True).get(pk=budget.project_id)  # a gate may open meanwhile
    made = plan_tranches(budget=budget, tranches=tranches, by=by, expires_on=expires_on)
    begun = Station(project.station).position
    return [
        release_tranche(tranche=tranche, reference=reference_of(tranche), at=at, by=by)
        if Station(tranche.station).position <= begun
        else tranche
        for tranche in made
    ]


def reference_of(tranche: FundingTranche) -> str:
    """Under which name the release of a stage that has begun is known."""
    return f"stage-begun:{tranche.budget_id}/{tranche.station}"
