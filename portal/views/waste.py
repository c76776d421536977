"""The waste meter, and what a point of quality has cost."""

from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.cost_per_point import point_costs
from portal.boards.waste import waste_facts
from portal.boards.waste_words import WASTE_PANEL, explain_waste, headline_of, idle_words, sum_of

ON_A_PAGE = 20


@require_safe
def page(request: PersonRequest) -> HttpResponse:
    """What bought nothing, week by week and job by job."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    facts = waste_facts(request.user, now, asked.on)
    dearest = sorted(facts.wasted, key=lambda each: (-each.job.micro, each.job.name))
    return render(
        request,
        "portal/waste.html",
        {
            "facts": facts,
            "headline": headline_of(facts),
            "answer": WASTE_PANEL.answer(facts),
            "idle": idle_words(facts),
            "kinds": sum_of(facts),
            "page": Paginator(dearest, ON_A_PAGE).get_page(request.GET.get("page")),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@require_safe
def explain(request: PersonRequest, what: str) -> HttpResponse:
    """Why a figure of the meter is what it is, as of the same day."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    try:
        explanation = explain_waste(what, waste_facts(request.user, now, asked.on))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    template = "components/explain.html" if request.htmx else "outcomes/explanation.html"
    return render(request, template, {"explanation": explanation})


@require_safe
def cost_per_point(request: PersonRequest) -> HttpResponse:
    """Where does better quality cost most?"""
    asked = asked_day(request.GET, timezone.localdate())
    rows = point_costs(request.user, asked.on)
    priced = [row for row in rows if row.micro_a_point is not None]
    return render(
        request,
        "portal/cost_per_point.html",
        {
            "page": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page")),
            "dearest": priced[0] if priced else None,
            "count": len(priced),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )
