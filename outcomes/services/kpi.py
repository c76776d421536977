"""Define a business figure that a project wants to move."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.models import Kpi
from people.models import User
from people.services import record_audit
from projects.models import Project


@transaction.atomic
def define_kpi(
    *,
    project: Project,
    name: str,
    unit: str,
    direction: str,
    baseline: float,
    target: float,
    owner: User,
    by: User,
    definition: str = "",
    source: str = "",
    aggregation: str = Kpi.Aggregation.LAST,
) -> Kpi:
    """Define a KPI from its baseline towards a better target."""
    kpi = Kpi(
        project=project,
        name=name,
        definition=definition,
        unit=unit,
        direction=direction,
        baseline=baseline,
        target=target,
        owner=owner,
        source=source,
        aggregation=aggregation,
    )
    kpi.full_clean()
    _refuse_worse_target(kpi)
    kpi.save()
    record_audit(
        verb="define_kpi",
        subject=kpi,
        by=by,
        detail={
            "project": project.key,
            "name": name,
            "baseline": baseline,
            "target": target,
            "aggregation": aggregation,
        },
    )
    return kpi


def _refuse_worse_target(kpi: Kpi) -> None:
    if (kpi.target - kpi.baseline) * kpi.better_sign <= 0:
        raise ValidationError(
            {
                "target": ValidationError(
                    _(
                        "The target %(target)g is not better than the baseline %(baseline)g when “%(direction)s”. "
                        "Correct one of the two, or turn the direction."
                    ),
                    code="target_not_better",
                    params={
                        "target": kpi.target,
                        "baseline": kpi.baseline,
                        "direction": kpi.get_direction_display().lower(),
                    },
                )
            }
        )
