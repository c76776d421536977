"""Define a business figure that a project wants to move, and correct what is said of it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.band import outside
from outcomes.models import GateCriterion, Kpi
from outcomes.usable import refuse_unusable_figures
from people.models import User
from people.services import record_audit
from projects.models import Project

DETAILS = ("name", "definition", "owner", "source")


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
    _refuse_taken_name(kpi)
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


@transaction.atomic
def change_kpi(*, kpi: Kpi, by: User, **details: Any) -> Kpi:
    """Correct some of `DETAILS`. Its figures have no history and stay: another goal is another KPI, or a target."""
    row = Kpi.objects.select_for_update().get(pk=kpi.pk)
    changed = {}
    for name in DETAILS:
        if name in details and details[name] != (before := getattr(row, name)):
            setattr(row, name, details[name])
            changed[name] = [str(before), str(details[name])]
    if "name" in changed:
        _refuse_taken_name(row)
        _refuse_name_of_gate(row, changed["name"][0])
    row.full_clean()
    if changed:
        row.save(update_fields=list(changed))
        detail = {"project": row.project.key, "changed": changed}
        record_audit(verb="change_kpi", subject=row, by=by, detail=detail)
    return row


def _refuse_taken_name(kpi: Kpi) -> None:
    if Kpi.objects.filter(project=kpi.project_id, name=kpi.name).exclude(pk=kpi.pk).exists():
        text = _("%(project)s has a KPI of this name. Choose another name.")
        raise ValidationError({"name": ValidationError(text, code="taken", params={"project": kpi.project.key})})


def _refuse_name_of_gate(kpi: Kpi, name: str) -> None:
    """A criterion finds its KPI by the name; under another one it could not be met any more."""
    asking = GateCriterion.objects.filter(
        fact=GateCriterion.Fact.KPI_REACHED, metric=name, gate__horizon=kpi.project.horizon
    )
    if criterion := asking.first():
        text = _("The criterion “%(criterion)s” of a gate asks for a KPI “%(name)s”. Change the criterion first.")
        params = {"criterion": criterion.title, "name": name}
        raise ValidationError({"name": ValidationError(text, code="named_by_gate", params=params)})


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
