"""Record a whole file of measurements, all rows or none."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.measurement_file import Reading, read_measurements
from outcomes.models import Kpi
from outcomes.services.measurement import record_measurements
from people.models import User


@transaction.atomic
def import_measurements(*, content: bytes, kpis: Iterable[Kpi], at: datetime, by: User) -> Reading:
    """Record what a file says. With one fault nothing is recorded; rows that are known already are passed over."""
    rows = list(kpis)
    list(Kpi.objects.select_for_update().filter(pk__in=[kpi.pk for kpi in rows]).order_by("pk").values_list("pk"))
    reading = read_measurements(content, kpis=rows, at=at)
    if reading.faults:
        first = reading.faults[0]
        raise ValidationError(
            _("Nothing was recorded. Line %(line)d: %(text)s"),
            code="faulty_file",
            params={"line": first.line, "text": first.text},
        )
    if reading.rows:
        record_measurements(drafts=[row.draft for row in reading.rows], at=at, by=by)
    return reading
