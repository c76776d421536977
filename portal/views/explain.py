"""Why a figure of a board is what it is: a part for htmx, a page of its own without."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.models import Budget
from outcomes.explain import Explanation
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day, project_then
from portal.boards.budget import budgets_of
from portal.boards.earned_value import earned_facts
from portal.boards.earned_why import explain_earned
from portal.boards.feedback_why import explain_feedback
from portal.boards.gate_decisions_why import explain_decisions
from portal.boards.health_why import explain_health
from portal.boards.point_why import explain_point
from portal.boards.rows import project_rows
from projects.models import Project


def shown(request: PersonRequest, explanation: Explanation) -> HttpResponse:
    """A part for htmx, a page of its own without."""
    template = "components/explain.html" if request.htmx else "outcomes/explanation.html"
    return render(request, template, {"explanation": explanation})


@require_safe
def earned(request: PersonRequest, pk: int, what: str) -> HttpResponse:
    """A figure of earned value of one budget, by the rule and the method of its page, as of the same day."""
    visible = Budget.objects.visible_to(request.user).select_related("project")
    budget = get_object_or_404(visible, pk=pk)
    asked = asked_day(request.GET, timezone.localdate())
    if asked.on and budget not in budgets_of(budget.project, asked.on):
        raise Http404
    facts = earned_facts(
        budget,
        rule=request.GET.get("rule", ""),
        method=request.GET.get("method", ""),
        on=asked.on or asked.today,
        is_past=asked.on is not None,
    )
    try:
        explanation = explain_earned(what, budget, facts, is_past=asked.on is not None)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return shown(request, explanation)


@require_safe
def point(request: PersonRequest, key: str, recipe: str) -> HttpResponse:
    """What a point of quality has cost in one project by one recipe, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    try:
        explanation = explain_point(key, recipe, request.user, asked.on)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return shown(request, explanation)


@require_safe
def health(request: PersonRequest, key: str) -> HttpResponse:
    """Why a project is on track or off it: the rules in their order, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    found = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    project, asked = project_then(found, asked)
    if asked.fault:
        raise Http404
    row = project_rows([project], asked.on or asked.today, asked.on)[0]
    return shown(request, explain_health(row, asked.on))


@require_safe
def feedback(request: PersonRequest) -> HttpResponse:
    """The mean of the voices that the page filters, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    try:
        explanation = explain_feedback(request.user, request.GET, asked.moment(timezone.now()), asked.on)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return shown(request, explanation)


@require_safe
def gates(request: PersonRequest) -> HttpResponse:
    """The decisions that the gate room draws with its filters, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    try:
        explanation = explain_decisions(request.user, request.GET, asked.on or asked.today, asked.on)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return shown(request, explanation)
