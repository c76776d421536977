"""The page that corrects what a KPI says of itself."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from outcomes.forms import KpiDetailsForm
from outcomes.models import Kpi
from outcomes.permissions import may_define_kpi
from outcomes.services import change_kpi
from people.requests import PersonRequest


def kpi_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Correct name, definition, owner and source; what was measured and the figures stay."""
    kpi = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project", "owner"), pk=pk)
    if not may_define_kpi(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = KpiDetailsForm(request.POST or None, kpi=kpi)
    if form.is_valid():
        try:
            kpi = change_kpi(kpi=kpi, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(kpi)s” is changed.") % {"kpi": kpi.name})
            return redirect(kpi)
    context = {"form": form, "kpi": kpi, "project": kpi.project}
    return render(request, "outcomes/kpi_edit.html", context, status=422 if form.errors else 200)
