"""The budget of one project: lines, plan and its versions, tranches, commitments, postings and earned value."""

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.permissions import may_approve_budget, may_post, may_see_role_rates
from outcomes.permissions import may_choose_earning_kpi
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day, project_then
from portal.boards.budget import budget_facts, commitments_of, entries_of, headline_of
from portal.boards.budget_then import forget_reversals_since, set_open_then
from portal.boards.budget_why import shifts_of
from portal.boards.earned_value import METHODS, RULES, earned_facts, finding_of
from portal.boards.earned_why import explained_rows
from portal.boards.money import fx_variance_of, money_facts
from portal.boards.money_words import BURN_PANEL
from portal.boards.scope import Scope
from portal.boards.unchanged import while_unchanged
from portal.views.paging import page_of
from projects.models import Project
from projects.permissions import may_plan as may_plan_project

ON_A_PAGE = 15
CHANGES_SHOWN = 8


@require_safe
def page(request: PersonRequest, key: str) -> HttpResponse:
    """What is left on each line, what the plan says, who owes what, and where the work stands for its money."""
    projects = Project.objects.visible_to(request.user).select_related("portfolio", "programme", "lead")
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    project, asked = project_then(get_object_or_404(projects, key=key), asked)

    def make() -> dict[str, Any] | None:
        return _shown(request, project, now, asked.on)

    name = ("budget", request.user.pk, project.pk, asked.on, *sorted(request.GET.items()))
    shown = while_unchanged(name, request.user, asked.today, make) if asked.on else make()
    is_now = asked.on is None
    context = {
        "project": project,
        "facts": None,
        "may_plan": may_approve_budget(request.user) and is_now,
        "may_post": may_post(request.user) and is_now,
        "may_judge": may_plan_project(request.user, project) and is_now,
        "may_choose_kpi": may_choose_earning_kpi(request.user) and is_now,
        "lists_time": may_see_role_rates(request.user),
        "rules": RULES.items(),
        "methods": METHODS.items(),
        "asked": asked,
    }
    return render(request, "portal/budget.html", context | (shown or {}), status=422 if asked.fault else 200)


def _shown(request: PersonRequest, project: Project, now: datetime, on: date | None) -> dict[str, Any] | None:
    """The budget, its money and its lists; nothing where the project has, or had, none."""
    facts = budget_facts(project, request.GET.get("budget", ""), on)
    if facts is None:
        return None
    earned = earned_facts(
        facts.budget,
        rule=request.GET.get("rule", ""),
        method=request.GET.get("method", ""),
        on=on or timezone.localdate(now),
        is_past=on is not None,
    )
    commitments = page_of(commitments_of(facts.budget, request.user, on), request.GET.get("commitments"), ON_A_PAGE)
    entries = page_of(entries_of(facts.budget, on).listed_for(request.user), request.GET.get("entries"), ON_A_PAGE)
    if on:
        set_open_then(commitments, on)
        forget_reversals_since(entries, on)
    whole = money_facts(request.user, Scope(project.portfolio, project.programme, project), now, on)
    return {
        "facts": facts,
        "budget": facts.budget,
        "headline": headline_of(facts),
        "answer": BURN_PANEL.answer(whole),
        "shifts": shifts_of(facts),
        "changes": sorted(facts.changes, key=lambda change: -abs(change.difference))[:CHANGES_SHOWN],
        "changes_left": max(0, len(facts.changes) - CHANGES_SHOWN),
        "earned": earned,
        "earned_rows": explained_rows(facts.budget, earned, is_past=on is not None),
        "earned_finding": finding_of(earned),
        "commitments": commitments,
        "entries": entries,
        "variance": fx_variance_of(facts.budget.lines.order_by(), on),
    }
