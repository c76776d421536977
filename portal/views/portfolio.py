"""The portfolio board, the list of projects, and both to take along."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from outcomes.explain import Explanation
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day
from portal.boards.ended import ended_of
from portal.boards.facts import portfolio_facts, rows_of
from portal.boards.funnel import funnel_of
from portal.boards.headline import AT_MOST, headline_of, needs_of
from portal.boards.listing import (
    filtered,
    filtered_then,
    ordered,
    ordered_in_sql,
    ordered_then,
    table_of,
    totals_of,
)
from portal.boards.portfolio import BOARD
from portal.boards.rows import ProjectRow, project_rows
from portal.boards.sums import explain_sum
from portal.boards.then import last_moment, projects_then
from portal.boards.tile_sums import TILES
from portal.boards.tiles import tiles_of
from portal.boards.unchanged import while_unchanged
from portal.export import attached
from portal.views.explaining import Ask, explains
from projects.models import Portfolio, Project, Station
from projects.permissions import may_open_project

ON_A_PAGE = 25
ON_THE_BOARD = 50
CALM = 4  # fewer things than this that wait leave room to say what does not


def board(request: PersonRequest) -> HttpResponse:
    """Are we on course, what is it worth, where does the money go, what needs somebody? Or: how did that look then?"""
    now = timezone.now()
    today = timezone.localdate(now)
    asked = asked_day(request.GET, today)
    shown = while_unchanged(("portfolio", asked.on), request.user, today, lambda: _shown(request.user, now, asked.on))
    facts, sort = shown["facts"], request.GET.get("sort", "-value")
    needs = while_unchanged(
        ("needs", request.user.pk, asked.on), request.user, today, lambda: needs_of(facts, request.user)
    )
    return render(
        request,
        "portal/portfolio.html",
        {
            **shown,
            "needs": needs[:AT_MOST],
            "needs_left": max(0, len(needs) - AT_MOST),
            "is_calm": 0 < len(needs) < CALM,
            "rows": ordered(facts.rows, sort)[:ON_THE_BOARD],
            "sort": sort,
            "stations": Station,
            "may_open": may_open_project(request.user),
            "asked": asked,
            "sums": {what: facts.explained_at(what) for what in ("value", "left")},
        },
        status=422 if asked.fault else 200,
    )


def _shown(user: User, now: datetime, on: date | None) -> dict[str, Any]:
    """What the board shows to everybody who sees the same projects."""
    facts = portfolio_facts(user, now, on)
    return {
        "facts": facts,
        "headline": headline_of(facts),
        "tiles": tiles_of(facts),
        "answers": BOARD.answers(facts),
        "funnel": funnel_of(facts),
        "totals": totals_of(facts.rows, facts.currency),
        "ended": ended_of(user, on),
    }


def projects(request: PersonRequest) -> HttpResponse:
    """All projects, filtered, ordered and paged in SQL; or those of a past day."""
    asked = asked_day(request.GET, timezone.localdate())
    sort = request.GET.get("sort", "project")
    if asked.on:
        name = ("projects", asked.on, *sorted(request.GET.items()))
        page, rows = while_unchanged(name, request.user, asked.today, lambda: _page(request, sort, asked))
    else:
        page, rows = _page(request, sort, asked)
    return render(
        request,
        "portal/projects.html",
        {
            "page": page,
            "rows": rows,
            "totals": totals_of(rows, settings.CURRENCY),
            "sort": sort,
            "stations": Station,
            "currency": settings.CURRENCY,
            "portfolios": Portfolio.objects.filter(
                pk__in=Project.objects.visible_to(request.user).order_by().values("portfolio")
            ),
            "statuses": Project.Status.choices,
            "query": request.GET,
            "may_open": may_open_project(request.user),
            "is_filtered": any(request.GET.get(name) for name in ("q", "station", "portfolio", "status")),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _page(request: PersonRequest, sort: str, asked: AskedDay) -> tuple[Page, tuple[ProjectRow, ...]]:
    page = Paginator(_found(request, sort, asked.on), ON_A_PAGE).get_page(request.GET.get("page"))
    return page, project_rows(page.object_list, asked.on or asked.today, asked.on)


def _found(request: PersonRequest, sort: str, on: date | None) -> QuerySet[Project] | list[Project]:
    visible = Project.objects.visible_to(request.user)
    if on is None:
        return ordered_in_sql(filtered(visible.with_people(), request.GET), sort)
    return ordered_then(filtered_then(projects_then(visible, on), request.GET), sort)


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The rows of list or board with the filters of the list, also of a past day, to take along."""
    today = timezone.localdate()
    asked = asked_day(request.GET, today)
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    rows = project_rows(_found(request, "project", asked.on), asked.on or today, asked.on)
    return attached(table_of(ordered(rows, request.GET.get("sort", "-value"))), kind, asked.on or today)


@explains
def explain_portfolio(ask: Ask, what: str) -> Explanation:
    """The sum behind a figure of the board, as of the same day."""
    if what in TILES:
        name = ("portfolio", ask.on)
        shown = while_unchanged(name, ask.user, ask.asked.today, lambda: _shown(ask.user, ask.now, ask.on))
        return TILES[what](shown["facts"])
    rows = rows_of(ask.user, ask.now, ask.on)
    return explain_sum(what, rows, settings.CURRENCY, last_moment(ask.on) if ask.on else ask.now)
