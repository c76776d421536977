"""Who works on what, for managers and finance."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.models import Department
from people.permissions import may_see_people
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.people import later_than, month_before, people_on, rows_in_lots, rows_of, sum_of, table_of
from portal.boards.people_then import people_then, rows_then, sum_then
from portal.export import attached
from portal.search import typed
from projects.permissions import may_allocate

ON_A_PAGE = 50


@require_safe
def people(request: PersonRequest) -> HttpResponse:
    """Who works on what today, who has more than his hours, and how much of the last month was worked on projects."""
    _demand_sight(request)
    asked = asked_day(request.GET, timezone.localdate())
    day, shown = asked.on or asked.today, _filters(request)
    found = people_then(day, *shown) if asked.on else people_on(day, *shown)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    return render(
        request,
        "portal/people.html",
        {
            "page": page,
            "rows": rows_then(listed, day) if asked.on else rows_of(listed, day),
            "sum": sum_then(found) if isinstance(found, list) else sum_of(found),
            "month": month_before(day)[0],
            "sort": request.GET.get("sort", "name"),
            "departments": Department.objects.all(),
            "department": typed(request.GET.get("department", "")),
            "later": [] if asked.on else later_than(asked.today),
            "chosen": typed(request.GET.get("project", "")).upper()[:8],
            "may_allocate": may_allocate(request.user) and not asked.on,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same people to take along, as of the same day."""
    _demand_sight(request)
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    day, shown = asked.on or asked.today, _filters(request)
    if asked.on:
        return attached(table_of(rows_then(people_then(day, *shown), day)), kind, day)
    return attached(table_of(rows_in_lots(people_on(day, *shown), day)), kind, day)


def _filters(request: PersonRequest) -> tuple[str, str]:
    return typed(request.GET.get("department", "")), request.GET.get("sort", "name")


def _demand_sight(request: PersonRequest) -> None:
    if not may_see_people(request.user):
        raise PermissionDenied(_("Who works on what is open to portfolio managers and finance. Ask one of them."))
