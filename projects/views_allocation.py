"""Pages that give projects hours of a person: a new allocation, a change, an end. For managers and finance."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people.models import Employment
from people.requests import PersonRequest
from people.typed import SOURCE, demand_typed, sent_before
from projects.forms_allocation import AllocationForm, EndForm, NewAllocationForm
from projects.load import tightest
from projects.models import Allocation, Project
from projects.permissions import may_allocate
from projects.querysets import ProjectQuerySet
from projects.services import allocate, end_allocation

DAY = "j M Y"


def allocation_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a project hours of a person, with what he has given already in view."""
    _demand_may_allocate(request)
    person = get_object_or_404(Employment.objects.select_related("role", "department"), pk=pk)
    begin = {"valid_from": max(timezone.localdate(), person.valid_from)}
    form = NewAllocationForm(request.POST or None, projects=_projects(request), initial=begin | _asked_for(request))
    if form.is_valid():
        try:
            _give(person, form.cleaned_data, request)
        except ValidationError as error:
            form.refuse(error)
        else:
            _tell(request, person, form.cleaned_data)
            return redirect("allocation-new", person.pk)
    return _page(request, person, form)


def allocation(request: PersonRequest, pk: int) -> HttpResponse:
    """Change or end an allocation that holds or will; what another system keeps is only shown."""
    _demand_may_allocate(request)
    rows = Allocation.objects.from_day(timezone.localdate()).select_related(
        "project", "employment__role", "employment__department"
    )
    row = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        demand_typed(row)
    end = EndForm(request.POST if "end" in request.POST else None)
    form = AllocationForm(
        request.POST if "change" in request.POST else None,
        projects=_projects(request) | Project.objects.filter(pk=row.project_id),
        initial=_told(row) | _asked_for(request),
    )
    if _is_ended(row, end, request) or _is_changed(row, form, request):
        return redirect("allocation-new", row.employment_id)
    return _page(request, row.employment, form, row, end)


def _is_ended(row: Allocation, form: EndForm, request: PersonRequest) -> bool:
    if not form.is_valid():
        return False
    try:
        ended = end_allocation(allocation=row, **form.cleaned_data, by=request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    words = {"key": row.project.key, "day": date_format(ended.valid_to, DAY)} if ended.valid_to else {}
    messages.success(request, _("The time for %(key)s ends on %(day)s.") % words)
    return True


def _is_changed(row: Allocation, form: AllocationForm, request: PersonRequest) -> bool:
    if not form.is_valid():
        return False
    typed = form.cleaned_data
    try:
        if typed != {**_told(row), "project": row.project}:
            person = _employed(row.employment, typed["valid_from"])
            allocate(employment=person, source=row.source, external_id=row.external_id, **typed, by=request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    _tell(request, row.employment, typed)
    return True


def _asked_for(request: PersonRequest) -> dict[str, Any]:
    """What the address says of the fields: the page asks itself so how many hours are left."""
    return {name: request.GET[name] for name in AllocationForm.base_fields if name in request.GET}


def _told(row: Allocation) -> dict[str, Any]:
    names = ("hours_per_week", "valid_from", "valid_to", "status")
    return {"project": row.project.key, **{name: getattr(row, name) for name in names}}


@transaction.atomic
def _give(person: Employment, typed: dict[str, Any], request: PersonRequest) -> None:
    """Allocate once, however often the form comes."""
    Employment.objects.select_for_update(no_key=True).get(pk=person.pk)  # of a double click one comes first
    facts = {**typed, "employment": _employed(person, typed["valid_from"])}
    number = facts.pop("external_id")
    if sent_before(Allocation.objects.all(), number, **facts) is None:
        allocate(**facts, source=SOURCE, external_id=str(number), by=request.user)


def _employed(person: Employment, day: date) -> Employment:
    """The row of the person that holds on a day; where there is none the verb says so."""
    return Employment.objects.of_person(*person.person).on(day).first() or person


def _tell(request: PersonRequest, person: Employment, typed: dict[str, Any]) -> None:
    """That it is written down, and that it is more than there is."""
    told = {"name": person.name, "hours": typed["hours_per_week"], "key": typed["project"].key}
    messages.success(request, _("%(key)s has %(hours)s h a week of %(name)s.") % told)
    load = tightest(person, typed["valid_from"], typed["valid_to"])
    if load.over:
        messages.warning(
            request,
            _("On %(day)s %(given)s h a week are given of the %(hours)s h there are.")
            % {"day": date_format(load.day, DAY), "given": load.given, "hours": f"{load.hours:g}"},
        )


def _page(
    request: PersonRequest,
    person: Employment,
    form: AllocationForm,
    row: Allocation | None = None,
    end: EndForm | None = None,
) -> HttpResponse:
    person = _employed(person, timezone.localdate())
    begin, until, hours = _asked(form)
    load = tightest(person, begin, until, without=row)
    held = Allocation.objects.of_person(*person.person).from_day(timezone.localdate())
    facts = {
        "person": person,
        "form": form,
        "end": end,
        "row": row,
        "is_typed": row is None or row.source == SOURCE,
        "own": SOURCE,
        "load": load,
        "begin": begin,
        "then": load.and_also(hours) if hours else None,
        "held": held.select_related("project").order_by("valid_from", "project__key"),
    }
    is_bad = form.errors or (end and end.errors)
    return render(request, "projects/allocation_form.html", facts, status=422 if is_bad else 200)


def _asked(form: AllocationForm) -> tuple[date, date | None, int]:
    """The days and hours of the form as far as they can be read, for what is left beside them; tentative ones are 0."""
    read = {}
    for name in ("valid_from", "valid_to", "hours_per_week"):
        try:
            read[name] = form.fields[name].clean(form[name].value())
        except ValidationError:
            read[name] = None
    is_certain = form["status"].value() != Allocation.Status.TENTATIVE
    return read["valid_from"] or timezone.localdate(), read["valid_to"], (read["hours_per_week"] or 0) * is_certain


def _projects(request: PersonRequest) -> ProjectQuerySet:
    projects: ProjectQuerySet = Project.objects.visible_to(request.user).running()
    return projects


def _demand_may_allocate(request: PersonRequest) -> None:
    if not may_allocate(request.user):
        raise PermissionDenied(_("Portfolio managers and finance give projects the time of people. Ask one of them."))
