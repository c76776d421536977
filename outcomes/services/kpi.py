"""Define a business figure that a project wants to move."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.band import outside
from outcomes.models import Kpi
from outcomes.usable import refuse_unusable_figures
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
    target_high: float | None = None,
) -> Kpi:
    """Define a KPI from its baseline towards a better target; a band goes from `target` to `target_high`."""
    kpi = Kpi(
        project=project,
        name=name,
        definition=definition,
        unit=unit,
        direction=direction,
        baseline=baseline,
        target=target,
        target_high=target_high,
        owner=owner,
        source=source,
        aggregation=aggregation,
    )
    refuse_unusable_figures(baseline=baseline, target=target, target_high=target_high)
    _refuse_wrong_band(kpi)
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
            "target_high": target_high,
            "aggregation": aggregation,
        },
    )
    return kpi


def _refuse_wrong_band(kpi: Kpi) -> None:
    """A band has two ends in their order; any other target is one value."""
    if kpi.direction != Kpi.Direction.WITHIN:
        if kpi.target_high is not None:
            text = _("Only a band has an upper end. Leave it empty, or choose the band as the direction.")
            raise ValidationError({"target_high": ValidationError(text, code="no_band")})
        return
    if kpi.target_high is None:
        text = _("A band has two ends. Name the upper one as well.")
        raise ValidationError({"target_high": ValidationError(text, code="required")})
    refuse_no_width("target_high", kpi.target, kpi.target_high)


def refuse_no_width(field: str, low: float, high: float) -> None:
    if high <= low:
        raise ValidationError(
            {
                field: ValidationError(
                    _("The upper end %(high)g is not above the lower end %(low)g. Correct one of the two."),
                    code="no_width",
                    params={"high": high, "low": low},
                )
            }
        )


def refuse_baseline_inside(baseline: float, low: float, high: float) -> None:
    """Who stands inside the band already has no way to go."""
    if not outside(baseline, low, high):
        raise ValidationError(
            {
                "baseline": ValidationError(
                    _(
                        "The baseline %(baseline)g lies within the band from %(low)g to %(high)g already, so there is "
                        "no way to go. Correct one of them."
                    ),
                    code="target_not_better",
                    params={"baseline": baseline, "low": low, "high": high},
                )
            }
        )


def _refuse_worse_target(kpi: Kpi) -> None:
    if kpi.target_high is not None:
        refuse_baseline_inside(kpi.baseline, kpi.target, kpi.target_high)
    elif (kpi.target - kpi.baseline) * kpi.better_sign <= 0:
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
