"""Who works on what, for managers and finance."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.models import Department
from people.permissions import may_see_people
from people.requests import PersonRequest
from portal.boards.people import month_before, people_on, rows_of, sum_of, table_of
from portal.export import attached
from portal.search import typed

ON_A_PAGE = 50


@require_safe
def people(request: PersonRequest) -> HttpResponse:
    """Who works on what today, who has more than his hours, and how much of the last month was worked on projects."""
    today = timezone.localdate()
    found = _found(request, today)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "portal/people.html",
        {
            "page": page,
            "rows": rows_of(list(page.object_list), today),
            "sum": sum_of(found),
            "month": month_before(today)[0],
            "sort": request.GET.get("sort", "name"),
            "departments": Department.objects.all(),
            "department": typed(request.GET.get("department", "")),
        },
    )


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same people to take along."""
    today = timezone.localdate()
    return attached(table_of(_found(request, today), today), kind, today)


def _found(request: PersonRequest, day: date) -> QuerySet:
    if not may_see_people(request.user):
        raise PermissionDenied(_("Who works on what is open to portfolio managers and finance. Ask one of them."))
    return people_on(day, typed(request.GET.get("department", "")), request.GET.get("sort", "name"))
