"""Pages that employ a person, change and end that, and add a role: for managers and finance, as by REST."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Employment
from people.permissions import may_see_people
from people.requests import PersonRequest
from people.services import add_job_role, hold_person, record_employment
from people.typed import SOURCE, demand_typed, sent_before
from portal.people_pages.forms import ChangeEmploymentForm, EndForm, JobRoleForm, NewEmploymentForm
from portal.wording import day
from projects.models import Allocation


def employment_new(request: PersonRequest) -> HttpResponse:
    """Employ a person whom no HR system tells of."""
    _demand_may_employ(request)
    form = NewEmploymentForm(request.POST or None)
    if form.is_valid():
        try:
            row = _employ(form.cleaned_data, request)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is employed. Next: give projects time.") % {"name": row.name})
            return redirect("allocation-new", row.pk)
    return render(request, "people/employment_form.html", {"form": form}, status=422 if form.errors else 200)


def employment(request: PersonRequest, pk: int) -> HttpResponse:
    """What a person is employed at, and the change or the end of it; what an HR system tells is only shown."""
    _demand_may_employ(request)
    asked = get_object_or_404(Employment, pk=pk)
    told = Employment.objects.of_person(*asked.person).select_related("role", "department", "user")
    rows, today = list(told.order_by("valid_from")), timezone.localdate()
    row = next((row for row in rows if _holds(row, today)), rows[-1])
    if request.method == "POST":
        demand_typed(row)
    form = ChangeEmploymentForm(request.POST if "change" in request.POST else None, row=row, today=today)
    end = EndForm(request.POST if "end" in request.POST else None)
    if _is_changed(row, form, request) or _is_ended(rows[-1], end, request):
        return redirect("employment", pk)
    facts = {"form": form, "end": end, "row": row, "rows": rows, "is_typed": row.source == SOURCE}
    is_bad = form.errors or end.errors
    return render(request, "people/employment_form.html", facts, status=422 if is_bad else 200)


def job_role_new(request: PersonRequest) -> HttpResponse:
    """Add a role that people are employed at."""
    _demand_may_employ(request)
    form = JobRoleForm(request.POST or None)
    if form.is_valid():
        try:
            role = add_job_role(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The role “%(role)s” can be chosen now.") % {"role": role})
            return redirect("employment-new")
    return render(request, "people/role_form.html", {"form": form}, status=422 if form.errors else 200)


@transaction.atomic
def _employ(typed: dict[str, Any], request: PersonRequest) -> Employment:
    """Record the person once, however often the form comes."""
    facts = dict(typed)
    number = facts.pop("external_id")
    hold_person(SOURCE, str(number))
    made = sent_before(Employment.objects.order_by("valid_from"), number, **facts)
    return made or record_employment(
        **facts, source=SOURCE, external_id=str(number), at=timezone.now(), by=request.user
    )


def _is_changed(row: Employment, form: ChangeEmploymentForm, request: PersonRequest) -> bool:
    if not form.is_valid():
        return False
    return _is_recorded(row, form.cleaned_data, form, request)


def _is_ended(row: Employment, form: EndForm, request: PersonRequest) -> bool:
    if not form.is_valid():
        return False
    told = {name: getattr(row, name) for name in ("name", "role", "department", "fte_percent", "valid_from", "user")}
    return _is_recorded(row, {**told, **form.cleaned_data}, form, request)


def _is_recorded(
    row: Employment, facts: dict[str, Any], form: ChangeEmploymentForm | EndForm, request: PersonRequest
) -> bool:
    """Tell the facts as an HR system would; a refusal stands in the form."""
    try:
        record_employment(**facts, source=row.source, external_id=row.external_id, at=timezone.now(), by=request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    messages.success(request, _("Recorded: %(name)s.") % {"name": facts["name"]})
    if facts["valid_to"]:
        _tell_of_time_beyond(row, facts["valid_to"], request)
    return True


def _tell_of_time_beyond(row: Employment, end: date, request: PersonRequest) -> None:
    """An end takes no time away from projects: say which still count on it."""
    beyond = Allocation.objects.of_person(*row.person).from_day(end).values_list("project__key", flat=True)
    if keys := ", ".join(sorted(set(beyond))):
        words = {"keys": keys, "day": day(end)}
        messages.warning(request, _("From %(day)s on time is still given to %(keys)s. End that too.") % words)


def _holds(row: Employment, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or row.valid_to > on)


def _demand_may_employ(request: PersonRequest) -> None:
    if not may_see_people(request.user):
        raise PermissionDenied(_("Portfolio managers and finance record who is employed. Ask one of them."))
