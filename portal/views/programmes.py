"""Programmes: the list, one with its projects, money and health, and the form that opens one."""

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from portal.boards.listing import ordered_in_sql, totals_of
from portal.boards.money import money_facts
from portal.boards.money_words import BURN_PANEL, headline_of, tiles_of
from portal.boards.programmes import programme_lines
from portal.boards.rows import project_rows
from portal.boards.scope import Scope
from projects.forms import ProgrammeForm
from projects.models import Programme, Project
from projects.permissions import may_steer
from projects.services import open_programme

ON_A_PAGE = 25
PANEL = replace(BURN_PANEL, span=12)


@require_safe
def programmes(request: PersonRequest) -> HttpResponse:
    """What the programmes hold, and where one needs somebody."""
    found = Programme.objects.visible_to(request.user).select_related("portfolio", "owner")
    page = Paginator(found.order_by("portfolio__name", "name"), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "portal/programmes/list.html",
        {
            "page": page,
            "lines": programme_lines(list(page.object_list), request.user, timezone.localdate()),
            "currency": settings.CURRENCY,
            "may_steer": may_steer(request.user),
        },
    )


@require_safe
def programme(request: PersonRequest, pk: int) -> HttpResponse:
    """One programme: its projects, what they cost together, and how they stand."""
    found = Programme.objects.visible_to(request.user).select_related("portfolio", "owner")
    chosen = get_object_or_404(found, pk=pk)
    now = timezone.now()
    facts = money_facts(request.user, Scope(chosen.portfolio, chosen), now)
    (line,) = programme_lines([chosen], request.user, timezone.localdate(now))
    sort = request.GET.get("sort", "project")
    inside = Project.objects.visible_to(request.user).filter(programme=chosen).with_people()
    page = Paginator(ordered_in_sql(inside, sort), ON_A_PAGE).get_page(request.GET.get("page"))
    rows = project_rows(page.object_list, timezone.localdate(now))
    return render(
        request,
        "portal/programmes/programme.html",
        {
            "programme": chosen,
            "line": line,
            "headline": headline_of(facts),
            "tiles": tiles_of(facts),
            "answer": PANEL.answer(facts),
            "page": page,
            "rows": rows,
            "totals": totals_of(rows, settings.CURRENCY),
            "sort": sort,
            "currency": settings.CURRENCY,
        },
    )


def programme_new(request: PersonRequest) -> HttpResponse:
    """Open a programme; for managers."""
    if not may_steer(request.user):
        raise PermissionDenied(_("Only portfolio managers open programmes. Ask one of them."))
    form = ProgrammeForm(request.POST or None, initial={"owner": request.user})
    if form.is_valid():
        try:
            opened = open_programme(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("“%(name)s” is open. Place projects in it on their plan, under State.") % {"name": opened}
            )
            return redirect(opened)
    return render(request, "portal/programmes/form.html", {"form": form}, status=422 if form.errors else 200)
