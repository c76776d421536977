"""The waste meter, and what a point of quality has cost."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.money import MICRO
from outcomes.explain import Explanation
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.cost_per_point import PointCost, point_costs
from portal.boards.point_question import POINT_PANEL, Points
from portal.boards.unchanged import while_unchanged
from portal.boards.waste import Wasted, waste_facts
from portal.boards.waste_words import WASTE_PANEL, WORDS, explain_waste, headline_of, idle_words, sum_of
from portal.export import Column, Table, attached
from portal.views.explaining import Ask, explains

ON_A_PAGE = 20


@require_safe
def page(request: PersonRequest) -> HttpResponse:
    """What bought nothing, week by week and job by job."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    facts = waste_facts(request.user, now, asked.on)
    return render(
        request,
        "portal/waste.html",
        {
            "facts": facts,
            "headline": headline_of(facts),
            "answer": WASTE_PANEL.answer(facts),
            "idle": idle_words(facts),
            "kinds": sum_of(facts),
            "page": Paginator(_dearest(facts.wasted), ON_A_PAGE).get_page(request.GET.get("page")),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """Every job that bought nothing to take along, as judged on the same day."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    facts = waste_facts(request.user, now, asked.on)
    columns = (
        Column(_("Job"), 12),
        Column(_("Project"), 9),
        Column(_("Recipe"), 20),
        Column(_("Kind"), 12),
        Column(_("Better"), 12),
        Column(_("Ended"), 17),
        Column(_("Week of"), 11),
        Column(_("Currency"), 9),
        Column(_("Cost")),
    )
    rows = (_wasted_cells(each, facts.currency) for each in _dearest(facts.wasted))
    return attached(Table("waste", columns, rows), kind, asked.on or asked.today)


def _dearest(wasted: Iterable[Wasted]) -> list[Wasted]:
    return sorted(wasted, key=lambda each: (-each.job.micro, each.job.name))


def _wasted_cells(each: Wasted, currency: str) -> list[Any]:
    job = each.job
    cost = Decimal(job.micro) / MICRO
    return [
        job.name,
        job.project,
        job.recipe,
        WORDS[each.kind],
        each.better,
        job.finished_at,
        each.week,
        currency,
        cost,
    ]


@explains
def explain(ask: Ask, what: str) -> Explanation:
    """Why a figure of the meter is what it is, as of the same day."""
    return explain_waste(what, waste_facts(ask.user, ask.now, ask.on))


@require_safe
def cost_per_point(request: PersonRequest) -> HttpResponse:
    """Where does better quality cost most?"""
    asked = asked_day(request.GET, timezone.localdate())
    name = ("cost-per-point", asked.on)
    rows = while_unchanged(name, request.user, asked.today, lambda: point_costs(request.user, asked.on))
    priced = [row for row in rows if row.micro_a_point is not None]
    return render(
        request,
        "portal/cost_per_point.html",
        {
            "page": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page")),
            "dearest": priced[0] if priced else None,
            "count": len(priced),
            "answer": POINT_PANEL.answer(Points(rows, asked.on)),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@require_safe
def cost_per_point_export(request: PersonRequest, kind: str) -> HttpResponse:
    """What each point cost to take along, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    columns = (
        Column(_("Project"), 9),
        Column(_("Title"), 32),
        Column(_("Recipe"), 20),
        Column(_("Metric"), 18),
        Column(_("First run")),
        Column(_("Best run")),
        Column(_("Gained")),
        Column(_("Jobs"), 8),
        Column(_("Currency"), 9),
        Column(_("All jobs")),
        Column(_("A point")),
        Column(_("Why it has no price"), 40),
    )
    rows = map(_point_cells, point_costs(request.user, asked.on))
    return attached(Table("cost-per-point", columns, rows), kind, asked.on or asked.today)


def _point_cells(row: PointCost) -> list[Any]:
    price = None if row.micro_a_point is None else Decimal(row.micro_a_point) / MICRO
    said = [row.key, row.title, row.recipe_title, row.metric_words, row.first, row.best, row.gain, row.jobs]
    return [*said, settings.CURRENCY, Decimal(row.micro) / MICRO, price, row.reason]
