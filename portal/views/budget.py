"""The budget of one project: lines, plan and its versions, tranches, commitments, postings and earned value."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.permissions import may_approve_budget
from people.requests import PersonRequest
from portal.boards.budget import budget_facts, commitments_of, entries_of, headline_of
from portal.boards.earned_value import METHODS, RULES, earned_facts, finding_of, rows_of
from portal.boards.money import money_facts
from portal.boards.money_words import BURN_PANEL
from portal.boards.scope import Scope
from projects.models import Project

ON_A_PAGE = 15
CHANGES_SHOWN = 8


@require_safe
def page(request: PersonRequest, key: str) -> HttpResponse:
    """What is left on each line, what the plan says, who owes what, and where the work stands for its money."""
    projects = Project.objects.visible_to(request.user).select_related("portfolio", "programme", "lead")
    project = get_object_or_404(projects, key=key)
    facts = budget_facts(project, request.GET.get("budget", ""))
    context = {"project": project, "facts": facts, "may_plan": may_approve_budget(request.user)}
    if facts is None:
        return render(request, "portal/budget.html", context)
    now = timezone.now()
    earned = earned_facts(
        facts.budget,
        rule=request.GET.get("rule", ""),
        method=request.GET.get("method", ""),
        on=timezone.localdate(now),
    )
    commitments = Paginator(commitments_of(facts.budget, request.user), ON_A_PAGE)
    entries = Paginator(entries_of(facts.budget), ON_A_PAGE)
    whole = money_facts(request.user, Scope(project.portfolio, project.programme, project), now)
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
            "earned_rows": rows_of(earned),
            "earned_finding": finding_of(earned),
            "rules": RULES.items(),
            "methods": METHODS.items(),
            "commitments": commitments.get_page(request.GET.get("commitments")),
            "entries": entries.get_page(request.GET.get("entries")),
        },
    )
