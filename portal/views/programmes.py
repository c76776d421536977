"""Programmes: the list, one with its projects, money and health, and the form that opens one."""

from dataclasses import replace
from datetime import date, datetime

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day
from portal.boards.listing import ordered_in_sql, ordered_then, totals_of
from portal.boards.money import MoneyFacts, money_facts
from portal.boards.money_words import BURN_PANEL, headline_of, tiles_of
from portal.boards.programmes import ProgrammeLine, programme_lines, programmes_known
from portal.boards.rows import ProjectRow, project_rows
from portal.boards.scope import Scope, placed_then
from portal.boards.then import projects_then
from portal.boards.unchanged import while_unchanged
from projects.forms import ProgrammeForm
from projects.models import Programme, Project
from projects.permissions import may_steer
from projects.querysets import ProjectQuerySet
from projects.services import open_programme

ON_A_PAGE = 25
PANEL = replace(BURN_PANEL, span=12)


@require_safe
def programmes(request: PersonRequest) -> HttpResponse:
    """What the programmes hold, and where one needs somebody."""
    asked = asked_day(request.GET, timezone.localdate())
    found = programmes_known(request.user, asked.on).select_related("portfolio", "owner")
    page = Paginator(found.order_by("portfolio__name", "name"), ON_A_PAGE).get_page(request.GET.get("page"))
    lines = while_unchanged(
        ("programmes", page.number, asked.on),
        request.user,
        asked.today,
        lambda: programme_lines(list(page.object_list), request.user, asked.today, asked.on),
    )
    return render(
        request,
        "portal/programmes/list.html",
        {
            "page": page,
            "lines": lines,
            "currency": settings.CURRENCY,
            "may_steer": may_steer(request.user) and asked.on is None,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@require_safe
def programme(request: PersonRequest, pk: int) -> HttpResponse:
    """One programme: its projects, what they cost together, and how they stand."""
    now = timezone.now()
    chosen, asked = programme_then(request, pk, asked_day(request.GET, timezone.localdate(now)))
    visible = Project.objects.visible_to(request.user)
    scope, facts, line = while_unchanged(
        ("programme", chosen.pk, asked.on), request.user, asked.today, lambda: _shown(chosen, request.user, now, asked)
    )
    sort = request.GET.get("sort", "project")
    page = Paginator(projects_inside(scope, visible, sort, asked.on), ON_A_PAGE).get_page(request.GET.get("page"))
    rows = _rows(request.user, chosen, page, sort, asked)
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
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _rows(user: User, programme: Programme, page: Page, sort: str, asked: AskedDay) -> tuple[ProjectRow, ...]:
    """The rows of one page of projects."""

    def make() -> tuple[ProjectRow, ...]:
        return project_rows(page.object_list, asked.on or asked.today, asked.on)

    return while_unchanged(("programme-rows", programme.pk, page.number, sort, asked.on), user, asked.today, make)


def _shown(programme: Programme, user: User, now: datetime, asked: AskedDay) -> tuple[Scope, MoneyFacts, ProgrammeLine]:
    """What the page of a programme shows to everybody who sees the same projects."""
    placed = placed_then(programme, Project.objects.visible_to(user), asked.on)
    scope = Scope(programme.portfolio, programme, placed=placed)
    (line,) = programme_lines([programme], user, asked.today, asked.on)
    return scope, money_facts(user, scope, now, asked.on), line


def programme_then(request: PersonRequest, pk: int, asked: AskedDay) -> tuple[Programme, AskedDay]:
    """A programme that was open on the asked day; before it was opened, that of today with the reason."""
    known = programmes_known(request.user, asked.on).select_related("portfolio", "owner").filter(pk=pk).first()
    if known is None and asked.on:
        found = get_object_or_404(programmes_known(request.user).select_related("portfolio", "owner"), pk=pk)
        return found, asked.too_early(found.name)
    if known is None:
        raise Http404
    return known, asked


def projects_inside(
    scope: Scope, visible: ProjectQuerySet, sort: str, on: date | None
) -> QuerySet[Project] | list[Project]:
    """The projects of a programme, now or on a past day, in the order that is asked for."""
    if on is None:
        return ordered_in_sql(visible.filter(programme=scope.programme).with_people(), sort)
    return ordered_then(projects_then(visible.filter(pk__in=scope.placed), on), sort)


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
