"""Say what a KPI should be in a period, and from where on it is amber or red."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.models import Kpi, KpiTarget
from outcomes.services.kpi import refuse_no_width
from outcomes.usable import refuse_unusable_figures
from people.models import User
from people.services import record_audit

LIMITS = ("value", "amber", "red")


@transaction.atomic
def set_target(
    *,
    kpi: Kpi,
    starts_on: date,
    ends_on: date,
    value: float,
    amber: float,
    red: float,
    at: datetime,
    by: User,
    value_high: float | None = None,
) -> KpiTarget:
    """Set the target of a period, or change it while the period has not ended. `ends_on` is exclusive.

    Of a KPI with a band, `value` and `value_high` are its ends, and amber and red are distances outside of it.
    """
    Kpi.objects.select_for_update().get(pk=kpi.pk)  # two periods set at once must not overlap
    target = kpi.targets.filter(starts_on=starts_on).first() or KpiTarget(kpi=kpi, starts_on=starts_on)
    before = None if target.pk is None else _terms(target)
    if before is not None and target.ends_on <= timezone.localdate(at):
        raise ValidationError(
            _("The period %(target)s has ended, so its target stays. Set the target of a running or later period."),
            code="period_over",
            params={"target": f"{target.starts_on} – {target.ends_on}"},
        )
    target.ends_on, target.value, target.amber, target.red = ends_on, value, amber, red
    target.value_high = value_high
    _refuse_no_days(target)
    _refuse_wrong_limits(target)
    _refuse_overlap(target)
    target.full_clean()
    target.save()
    record_audit(verb="set_target", subject=target, by=by, detail={"kpi": kpi.pk, **_terms(target), "before": before})
    return target


def _terms(target: KpiTarget) -> dict[str, Any]:
    return {
        "starts_on": target.starts_on.isoformat(),
        "ends_on": target.ends_on.isoformat(),
        **{name: getattr(target, name) for name in (*LIMITS, "value_high")},
    }


def _refuse_no_days(target: KpiTarget) -> None:
    if target.ends_on <= target.starts_on:
        text = _("It would end before it begins. Choose a later day.")
        raise ValidationError({"ends_on": ValidationError(text, code="ends_before_it_begins")})


def _refuse_wrong_limits(target: KpiTarget) -> None:
    """From target over amber to red a figure only gets worse; otherwise no light would be right."""
    refuse_unusable_figures(**{name: getattr(target, name) for name in (*LIMITS, "value_high")})
    if target.kpi.direction == Kpi.Direction.WITHIN:
        _refuse_wrong_band(target)
        return
    if target.value_high is not None:
        text = _("This KPI has no band, so its target has no upper end. Leave it empty.")
        raise ValidationError({"value_high": ValidationError(text, code="no_band")})
    sign = target.kpi.better_sign
    for better, worse in (("value", "amber"), ("amber", "red")):
        if (getattr(target, better) - getattr(target, worse)) * sign < 0:
            raise ValidationError(
                {
                    worse: ValidationError(
                        _(
                            "With “%(direction)s” the order is target, amber, red from good to bad: %(worse)g is "
                            "better than %(better)g. Correct one of the two."
                        ),
                        code="limits_out_of_order",
                        params={
                            "direction": target.kpi.get_direction_display().lower(),
                            "worse": getattr(target, worse),
                            "better": getattr(target, better),
                        },
                    )
                }
            )


def _refuse_wrong_band(target: KpiTarget) -> None:
    """Two ends in their order; red begins no nearer to the band than amber."""
    if target.value_high is None:
        text = _("A band has two ends. Name the upper one as well.")
        raise ValidationError({"value_high": ValidationError(text, code="required")})
    refuse_no_width("value_high", target.value, target.value_high)
    if target.amber < 0:
        text = _("This is a distance outside of the band, so it cannot be less than zero.")
        raise ValidationError({"amber": ValidationError(text, code="negative")})
    if target.red < target.amber:
        text = _("Red begins further outside of the band than amber. Correct one of the two.")
        raise ValidationError({"red": ValidationError(text, code="limits_out_of_order")})


def _refuse_overlap(target: KpiTarget) -> None:
    others = target.kpi.targets.exclude(pk=target.pk)
    other = others.filter(starts_on__lt=target.ends_on, ends_on__gt=target.starts_on).first()
    if other is not None:
        raise ValidationError(
            _("A target is set from %(first)s until before %(end)s already. Begin after it, or change that one."),
            code="overlap",
            params={"first": other.starts_on, "end": other.ends_on},
        )
