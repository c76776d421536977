"""What a page lists, to take along: the measurements of a KPI, and jobs as a sheet."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.models import Kpi, Measurement
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.export import Column, Table, attached, in_lots
from trainingjobs.adjustments import LATE
from trainingjobs.export import cells, heads
from trainingjobs.job_list import JobFilter, jobs_of


@require_safe
def kpi(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    """Every measurement of a KPI, oldest first, as known on the same day."""
    found = get_object_or_404(Kpi.objects.visible_to(request.user), pk=pk)
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    rows = Measurement.objects.filter(kpi=found).select_related("recorded_by", "model_version__run")
    rows = rows.known_on(asked.on) if asked.on else rows
    columns = (
        Column(_("Measured at"), 24),
        Column(_("Value")),
        Column(_("Unit"), 10),
        Column(_("Source"), 24),
        Column(_("With model"), 16),
        Column(_("Recorded by"), 20),
        Column(_("Recorded at"), 24),
    )
    told = (
        [
            row.measured_at,
            row.value,
            found.unit,
            row.source,
            row.model_version.run.name if row.model_version else "",
            str(row.recorded_by),
            row.recorded_at,
        ]
        for row in rows.order_by("measured_at", "recorded_at", "pk")
    )
    return attached(Table(f"kpi-{found.pk}", columns, told), kind, asked.on or asked.today)


@require_safe
def jobs(request: PersonRequest) -> HttpResponse:
    """The filtered list of jobs as a sheet: the columns of its CSV."""
    found = jobs_of(request.user, JobFilter.read(request.GET)).select_related("retry_of").prefetch_related(LATE)
    columns = tuple(Column(str(head), 16) for head in heads())
    rows = (cells(job) for lot in in_lots(found) for job in lot)
    return attached(Table("jobs", columns, rows), "xlsx", timezone.localdate())
