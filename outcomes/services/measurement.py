"""Record what was measured. A correction is another row for the same time: the latest record counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from experiments.models import ModelVersion
from outcomes.models import Kpi, Measurement
from outcomes.usable import refuse_unusable_figures
from people.models import User
from people.services import record_audit
from projects.moments import demand_plausible

MOST_AT_ONCE = 5_000


@dataclass(frozen=True)
class MeasurementDraft:
    """One value that is to be recorded."""

    kpi: Kpi
    value: float
    measured_at: datetime
    source: str = ""
    model_version: ModelVersion | None = None


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
    draft = MeasurementDraft(kpi, value, measured_at, source, model_version)
    refuse_unusable(draft, recorded_at)
    measurement = _row(draft, recorded_at, by)
    measurement.full_clean()
    measurement.save()
    record_audit(
        verb="record_measurement",
        subject=measurement,
        by=by,
        detail={"kpi": kpi.pk, "value": value, "measured_at": measured_at.isoformat()},
    )
    return measurement


@transaction.atomic
def record_measurements(*, drafts: Sequence[MeasurementDraft], at: datetime, by: User) -> list[Measurement]:
    """Record many values, all or none; a fault is told under `measurements.<index>.<field>`."""
    if not drafts:
        raise ValidationError({"measurements": ValidationError(_("Send at least one measurement."), code="empty")})
    if len(drafts) > MOST_AT_ONCE:
        raise ValidationError({"measurements": too_many()})
    faults: dict[str, Any] = {}
    for index, draft in enumerate(drafts):
        try:
            refuse_unusable(draft, at)
        except ValidationError as error:
            faults |= {_place(index, name): texts for name, texts in error.error_dict.items()}
    if faults:
        raise ValidationError(faults)
    rows = Measurement.objects.bulk_create([_row(draft, at, by) for draft in drafts], batch_size=500)
    _audit_each_kpi(rows, by)
    return rows


def refuse_unusable(draft: MeasurementDraft, recorded_at: datetime) -> None:
    """What no measurement may be: beyond all measure, of the future, too wordy, or with another project's model."""
    refuse_unusable_figures(value=draft.value)
    demand_plausible("measured_at", draft.measured_at)
    if draft.measured_at > recorded_at:
        raise ValidationError(
            {
                "measured_at": ValidationError(
                    _("%(at)s lies in the future. Record a value once it has been measured."),
                    code="in_future",
                    params={"at": draft.measured_at.isoformat(timespec="minutes")},
                )
            }
        )
    longest = Measurement._meta.get_field("source").max_length or 0
    if len(draft.source) > longest:
        raise ValidationError(
            {
                "source": ValidationError(
                    _("The source is too long. Keep it to %(limit)d characters."),
                    code="too_long",
                    params={"limit": longest},
                )
            }
        )
    if draft.model_version is not None and draft.model_version.run.project_id != draft.kpi.project_id:
        raise ValidationError(
            {
                "model_version": ValidationError(
                    _("This model belongs to another project. Choose a model of %(project)s."),
                    code="wrong_project",
                    params={"project": draft.kpi.project.key},
                )
            }
        )


def too_many() -> ValidationError:
    return ValidationError(
        _("At most %(limit)s measurements at once. Send them in parts."),
        code="too_many",
        params={"limit": MOST_AT_ONCE},
    )


def _row(draft: MeasurementDraft, recorded_at: datetime, by: User) -> Measurement:
    return Measurement(
        kpi=draft.kpi,
        value=draft.value,
        measured_at=draft.measured_at,
        recorded_at=recorded_at,
        recorded_by=by,
        source=draft.source or draft.kpi.source,
        model_version=draft.model_version,
    )


def _place(index: int, field: str) -> str:
    return f"measurements.{index}" if field == NON_FIELD_ERRORS else f"measurements.{index}.{field}"


def _audit_each_kpi(rows: Iterable[Measurement], by: User) -> None:
    """One entry a KPI: who recorded how many values of which span."""
    by_kpi: dict[int, list[Measurement]] = {}
    for row in rows:
        by_kpi.setdefault(row.kpi_id, []).append(row)
    for of_one in by_kpi.values():
        times = [row.measured_at for row in of_one]
        span = {"first": min(times).isoformat(), "last": max(times).isoformat()}
        detail = {"rows": len(of_one), **span, "first_id": of_one[0].pk, "last_id": of_one[-1].pk}
        record_audit(verb="record_measurements", subject=of_one[0].kpi, by=by, detail=detail)
