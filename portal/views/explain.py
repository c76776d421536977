"""Why a figure of a board is what it is: one resolver for each kind of figure, under the address that pages link to."""

from django.core.exceptions import ObjectDoesNotExist
from django.shortcuts import get_object_or_404

from engine.recipes import RECIPES
from finance.models import Budget
from outcomes.explain import LASTING, Explanation, explain
from outcomes.models import GateReview
from outcomes.permissions import may_read_forecasters
from outcomes.querysets import day_ends
from outcomes.services.gate import read_evidence
from people.models import User
from people.permissions import may_see_people
from portal.boards.asked_day import project_then
from portal.boards.benefits_why import explain_benefits
from portal.boards.budget import budget_facts, budgets_of
from portal.boards.budget_why import explain_budget_figure
from portal.boards.earned_value import earned_facts
from portal.boards.earned_why import explain_earned
from portal.boards.feedback_why import explain_feedback
from portal.boards.forecasters_why import explain_forecaster
from portal.boards.forecasts_why import explain_forecast
from portal.boards.gate_decisions_why import explain_decisions
from portal.boards.gate_room import as_of
from portal.boards.gate_score_why import explain_score
from portal.boards.health_why import explain_health
from portal.boards.people import people_on, rows_of
from portal.boards.people_then import people_then, rows_then
from portal.boards.people_why import explain_person
from portal.boards.point_why import explain_point
from portal.boards.rows import project_rows
from portal.views.explaining import Ask, explains
from projects.models import Project
from trainingjobs.forecast_accuracy import judged_jobs
from trainingjobs.models import TrainingJob


@explains
def figure(ask: Ask, kind: str, pk: str) -> Explanation:
    """A figure of one row, which knows only what holds now: a past day of it has no explanation."""
    if ask.on and kind not in LASTING:
        raise ObjectDoesNotExist(f"{kind!r} is explained as of now")
    return explain(kind, pk, ask.user)


@explains
def benefits(ask: Ask, what: str) -> Explanation:
    """What the benefits that the page filters promised or brought to date."""
    return explain_benefits(what, ask.user, ask.query, ask.day.replace(day=1), ask.on)


@explains
def budget(ask: Ask, pk: int, what: str) -> Explanation:
    """A figure of one budget or of one of its lines."""
    row = get_object_or_404(Budget.objects.visible_to(ask.user).select_related("project"), pk=pk)
    facts = budget_facts(row.project, str(pk), ask.on)
    if facts is None or facts.budget.pk != pk:
        raise ObjectDoesNotExist("the budget was not approved yet")
    return explain_budget_figure(what, facts, ask.query.get("line", ""), ask.user, ask.on)


@explains
def earned(ask: Ask, pk: int, what: str) -> Explanation:
    """A figure of earned value of one budget, by the rule and the method of its page."""
    visible = Budget.objects.visible_to(ask.user).select_related("project")
    budget = get_object_or_404(visible, pk=pk)
    if ask.on and budget not in budgets_of(budget.project, ask.on):
        raise ObjectDoesNotExist("the budget was not approved yet")
    facts = earned_facts(
        budget,
        rule=ask.query.get("rule", ""),
        method=ask.query.get("method", ""),
        on=ask.day,
        is_past=ask.on is not None,
    )
    return explain_earned(what, budget, facts, is_past=ask.on is not None)


@explains
def point(ask: Ask, key: str, recipe: str) -> Explanation:
    """What a point of quality has cost in one project by one recipe."""
    return explain_point(key, recipe, ask.user, ask.on)


@explains
def health(ask: Ask, key: str) -> Explanation:
    """Why a project is on track or off it: the rules in their order."""
    found = get_object_or_404(Project.objects.visible_to(ask.user), key=key)
    project, asked = project_then(found, ask.asked)
    if asked.fault:
        raise ObjectDoesNotExist(asked.fault)
    (row,) = project_rows([project], ask.day, ask.on)
    return explain_health(row, ask.on)


@explains
def gate_score(ask: Ask, pk: int, what: str) -> Explanation:
    """The score of an undecided review, or how many of its must-meets are met."""
    reviews = GateReview.objects.visible_to(ask.user).with_criteria()
    if ask.on:
        reviews = reviews.open_on(ask.on)
    (review,) = as_of([get_object_or_404(reviews, pk=pk)], ask.on)
    query = f"?as_of={ask.on.isoformat()}" if ask.on else ""
    return explain_score(what, review, read_evidence(review, ask.now, ask.on), query)


@explains
def forecaster(ask: Ask, pk: int, what: str) -> Explanation:
    """How right one person's forecasts were; managers and finance read all, everybody else his own."""
    if pk != ask.user.pk and not may_read_forecasters(ask.user):
        raise ObjectDoesNotExist("the scores of others are not shown")
    return explain_forecaster(what, get_object_or_404(User, pk=pk), ask.user, ask.day, ask.on)


@explains
def forecast(ask: Ask, recipe: str, what: str) -> Explanation:
    """How right the price tags of one recipe were."""
    if recipe not in RECIPES:
        raise ObjectDoesNotExist(f"there is no recipe {recipe!r}")
    jobs = TrainingJob.objects.visible_to(ask.user)
    query = ""
    if ask.on:
        jobs, query = jobs.filter(finished_at__lt=day_ends(ask.on)), f"&as_of={ask.on.isoformat()}"
    return explain_forecast(what, RECIPES[recipe].title, recipe, judged_jobs(recipe, jobs), query)


@explains
def person(ask: Ask, pk: int, what: str) -> Explanation:
    """The hours of one person, for those who see the people board."""
    if not may_see_people(ask.user):
        raise ObjectDoesNotExist("who works on what is not shown")
    found = (
        [each for each in people_then(ask.day) if each.pk == pk] if ask.on else list(people_on(ask.day).filter(pk=pk))
    )
    if not found:
        raise ObjectDoesNotExist("nobody of that number was employed")
    (row,) = rows_then(found, ask.day) if ask.on else rows_of(found, ask.day)
    return explain_person(what, row, ask.day)


@explains
def feedback(ask: Ask) -> Explanation:
    """The mean of the voices that the page filters."""
    return explain_feedback(ask.user, ask.query, ask.asked.moment(ask.now), ask.on)


@explains
def gates(ask: Ask) -> Explanation:
    """The decisions that the gate room draws with its filters."""
    return explain_decisions(ask.user, ask.query, ask.day, ask.on)
