"""Record what was measured. A correction is another row for the same time: the latest record counts."""

import math
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from experiments.models import ModelVersion
from outcomes.models import Kpi, Measurement
from people.models import User
from people.services import record_audit
from projects.moments import demand_plausible


@transaction.atomic
def record_measurement(
    *,
    kpi: Kpi,
    value: float,
    measured_at: datetime,
    by: User,
    source: str = "",
    model_version: ModelVersion | None = None,
    recorded_at: datetime | None = None,
) -> Measurement:
    """Record one value of a KPI; `recorded_at` is now unless an import knows better."""
    recorded_at = recorded_at or timezone.now()
    if not math.isfinite(value):
        raise ValidationError({"value": ValidationError(_("The value must be a number."), code="not_finite")})
    demand_plausible("measured_at", measured_at)
    if measured_at > recorded_at:
        raise ValidationError(
            {
                "measured_at": ValidationError(
                    _("%(at)s lies in the future. Record a value once it has been measured."),
                    code="in_future",
                    params={"at": measured_at.isoformat(timespec="minutes")},
                )
            }
        )
    if model_version is not None and model_version.run.project_id != kpi.project_id:
        raise ValidationError(
            {
                "model_version": ValidationError(
                    _("This model belongs to another project. Choose a model of %(project)s."),
                    code="wrong_project",
                    params={"project": kpi.project.key},
                )
            }
        )
    measurement = Measurement(
        kpi=kpi,
        value=value,
        measured_at=measured_at,
        recorded_at=recorded_at,
        recorded_by=by,
        source=source or kpi.source,
        model_version=model_version,
    )
    measurement.full_clean()
    measurement.save()
    record_audit(
        verb="record_measurement",
        subject=measurement,
        by=by,
        detail={"kpi": kpi.pk, "value": value, "measured_at": measured_at.isoformat()},
    )
    return measurement
