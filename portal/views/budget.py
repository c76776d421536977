"""The budget of one project: lines, plan and its versions, tranches, commitments, postings and earned value."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.permissions import may_approve_budget, may_see_role_rates
from outcomes.permissions import may_choose_earning_kpi
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day, project_then
from portal.boards.budget import budget_facts, commitments_of, entries_of, headline_of
from portal.boards.budget_then import forget_reversals_since, set_open_then
from portal.boards.earned_value import METHODS, RULES, earned_facts, finding_of
from portal.boards.earned_why import explained_rows
from portal.boards.money import fx_variance_of, money_facts
from portal.boards.money_words import BURN_PANEL
from portal.boards.scope import Scope
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
    facts = budget_facts(project, request.GET.get("budget", ""), asked.on)
    may_plan, status = may_approve_budget(request.user) and not asked.on, 422 if asked.fault else 200
    may_judge = may_plan_project(request.user, project) and not asked.on
    context = {"project": project, "facts": facts, "may_plan": may_plan, "asked": asked}
    if facts is None:
        return render(request, "portal/budget.html", context, status=status)
    earned = earned_facts(
        facts.budget,
        rule=request.GET.get("rule", ""),
        method=request.GET.get("method", ""),
        on=asked.on or asked.today,
        is_past=asked.on is not None,
    )
    listed = commitments_of(facts.budget, request.user, asked.on)
    commitments = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("commitments"))
    posted = entries_of(facts.budget, asked.on).listed_for(request.user)
    entries = Paginator(posted, ON_A_PAGE).get_page(request.GET.get("entries"))
    if asked.on:
        set_open_then(commitments, asked.on)
        forget_reversals_since(entries, asked.on)
    whole = money_facts(request.user, Scope(project.portfolio, project.programme, project), now, asked.on)
    return render(
        request,
        "portal/budget.html",
        {
            **context,
            "budget": facts.budget,
            "headline": headline_of(facts),
            "answer": BURN_PANEL.answer(whole),
            "changes": sorted(facts.changes, key=lambda change: -abs(change.difference))[:CHANGES_SHOWN],
            "changes_left": max(0, len(facts.changes) - CHANGES_SHOWN),
            "earned": earned,
            "earned_rows": explained_rows(facts.budget, earned, is_past=asked.on is not None),
            "earned_finding": finding_of(earned),
            "rules": RULES.items(),
            "methods": METHODS.items(),
            "commitments": commitments,
            "entries": entries,
            "variance": fx_variance_of(facts.budget.lines.order_by(), asked.on),
            "may_judge": may_judge,
            "may_choose_kpi": may_choose_earning_kpi(request.user) and not asked.on,
            "lists_time": may_see_role_rates(request.user),
        },
        status=status,
    )
