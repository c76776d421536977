"""Pages that set the target of a period and read a file of measurements, first dry, then for good."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.forms_target import FileForm, TargetForm
from outcomes.measurement_file import Reading, read_measurements, template
from outcomes.models import Kpi
from outcomes.permissions import may_set_target
from outcomes.services import import_measurements, set_target
from people.requests import PersonRequest
from projects.permissions import may_contribute

ROWS_SHOWN = 200


def kpi_targets(request: PersonRequest, pk: int) -> HttpResponse:
    """Set what a KPI should be in a period, or change it while the period runs."""
    kpi = _kpi_or_404(request, pk)
    if not may_set_target(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = TargetForm(request.POST or None, kpi=kpi, initial=_next_period(kpi))
    if form.is_valid():
        try:
            set_target(kpi=kpi, **form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Set. The light of the period follows from what is measured in it."))
            return redirect(f"{kpi.get_absolute_url()}#targets")
    context = {"form": form, "kpi": kpi, "project": kpi.project}
    return render(request, "outcomes/target_form.html", context, status=422 if form.errors else 200)


def _kpi_or_404(request: PersonRequest, pk: int) -> Kpi:
    return get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project"), pk=pk)


def _next_period(kpi: Kpi) -> dict[str, object]:
    """The form begins where the last period ends."""
    last = kpi.targets.order_by("-ends_on").first()
    return {"starts_on": last.ends_on} if last else {"starts_on": timezone.localdate().replace(day=1)}


def measurements_import(request: PersonRequest, pk: int) -> HttpResponse:
    """Read a file and show what it says; recorded only when confirmed, all rows or none."""
    kpi = _kpi_or_404(request, pk)
    if not may_contribute(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = FileForm(request.POST or None, request.FILES or None)
    reading: Reading | None = None
    if form.is_valid():
        now, kpis = timezone.now(), _kpis_of(request, kpi)
        content = form.cleaned_data["content"]
        reading = read_measurements(content, kpis=kpis, at=now)
        if "record" in request.POST and reading.is_usable:
            recorded = import_measurements(content=content, kpis=kpis, at=now, by=request.user)
            messages.success(request, _("%(count)d measurements recorded.") % {"count": len(recorded.rows)})
            return redirect(kpi)
        form = FileForm(initial={"text": content.decode(errors="ignore") if reading.is_usable else ""})
    context = {
        "form": form,
        "kpi": kpi,
        "project": kpi.project,
        "reading": reading,
        "rows": reading.rows[:ROWS_SHOWN] if reading else (),
    }
    status = 422 if form.errors or (reading and reading.faults) else 200
    return render(request, "outcomes/measurements_import.html", context, status=status)


def _kpis_of(request: PersonRequest, kpi: Kpi) -> QuerySet[Kpi]:
    """A file from the page of one KPI may bring all KPIs of its project."""
    return Kpi.objects.visible_to(request.user).filter(project=kpi.project_id).select_related("project")


@require_safe
def measurements_template(request: PersonRequest, pk: int) -> HttpResponse:
    """A file to begin from: the columns, and one line for each KPI of the project."""
    kpi = _kpi_or_404(request, pk)
    return HttpResponse(
        "\ufeff" + template(_kpis_of(request, kpi)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="measurements-{kpi.project.key}.csv"'},
    )
