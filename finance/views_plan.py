"""Budget versions: draft one in a table, see what it would change, approve it; and cancel what is committed."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from finance.forms_plan import MOST_ROWS, BudgetForm, VersionForm, plan_rows, rows_of
from finance.models import Budget, BudgetVersion, Commitment
from finance.permissions import may_approve_budget, may_post
from finance.plan_diff import changes, line_effects, plan_amounts
from finance.services.commitment import cancel_commitment
from finance.services.plan import PlannedAmount, approve_version, change_draft, draft_version, open_budget
from people.requests import PersonRequest
from projects.models import Project

MORE_ROWS = 6


def _demand_may_plan(request: PersonRequest) -> None:
    if not may_approve_budget(request.user):
        raise PermissionDenied(_("Only managers and finance plan budgets. Ask one of them, with the reason."))


def budget_new(request: PersonRequest, key: str) -> HttpResponse:
    """Open a budget; its first version is drafted next."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    _demand_may_plan(request)
    form = BudgetForm(request.POST or None, initial={"currency": settings.CURRENCY})
    if form.is_valid():
        try:
            budget = open_budget(project=project, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(budget)s is open. Plan its first version.") % {"budget": budget.name})
            return redirect("budget-version-new", pk=budget.pk)
    facts = {"form": form, "project": project}
    return render(request, "finance/budget_form.html", facts, status=422 if form.errors else 200)


def version_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Draft the next version of a plan; it begins from the one in force."""
    budget = get_object_or_404(Budget.objects.visible_to(request.user).select_related("project"), pk=pk)
    _demand_may_plan(request)
    in_force = budget.versions.filter(status=BudgetVersion.Status.APPROVED).first()
    return _plan_page(request, budget, in_force, None)


def version_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Write a draft anew."""
    version = _version(request, pk)
    _demand_may_plan(request)
    if version.status != BudgetVersion.Status.DRAFT:
        messages.info(request, _("This version is approved and stays as it is. Draft the next one instead."))
        return redirect("budget-version", pk=version.pk)
    return _plan_page(request, version.budget, version, version)


def _plan_page(
    request: PersonRequest, budget: Budget, base: BudgetVersion | None, draft: BudgetVersion | None
) -> HttpResponse:
    typed: QueryDict | None = request.POST.copy() if request.POST else None
    initial = rows_of(base, budget.currency)
    if len(initial) > MOST_ROWS:
        messages.error(request, _("This plan has more rows than the table holds. Send the next version by the API."))
        return redirect("project-budget", key=budget.project.key)
    if typed and "more" in typed:
        typed["plan-TOTAL_FORMS"] = str(min(MOST_ROWS, _count(typed.get("plan-TOTAL_FORMS", "")) + MORE_ROWS))
    form = VersionForm(typed, initial={"reason": draft.reason if draft else ""})
    rows = plan_rows(typed, budget=budget, initial=initial)
    is_sent = typed is not None and "more" not in typed
    if is_sent and form.is_valid() and rows.is_valid():
        planned = [amount for row in rows for amount in row.planned()]
        try:
            version = _write(request, budget, draft, planned, form.cleaned_data["reason"])
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Version %(n)s is drafted. See what it changes.") % {"n": version.number})
            return redirect("budget-version", pk=version.pk)
    facts = {"form": form, "rows": rows, "budget": budget, "project": budget.project, "draft": draft, "sent": is_sent}
    return render(request, "finance/version_form.html", facts, status=422 if is_sent else 200)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _write(
    request: PersonRequest, budget: Budget, draft: BudgetVersion | None, planned: list[PlannedAmount], reason: str
) -> BudgetVersion:
    if draft is not None:
        return change_draft(version=draft, lines=planned, reason=reason, by=request.user)
    return draft_version(budget=budget, lines=planned, reason=reason, at=timezone.now(), by=request.user)


def _version(request: PersonRequest, pk: int) -> BudgetVersion:
    versions = BudgetVersion.objects.select_related("budget__project", "made_by", "approved_by")
    return get_object_or_404(versions.filter(budget__in=Budget.objects.visible_to(request.user)), pk=pk)


def version(request: PersonRequest, pk: int) -> HttpResponse:
    """One version: what it changes against the one in force or the baseline, and its effect before it is approved."""
    found = _version(request, pk)
    refusal: ValidationError | None = None
    if request.method == "POST":
        _demand_may_plan(request)
        try:
            approve_version(version=found, at=timezone.now(), by=request.user)
        except ValidationError as error:
            refusal = error
            found.refresh_from_db()
        else:
            messages.success(request, _("Version %(n)s is in force.") % {"n": found.number})
            return redirect("project-budget", key=found.budget.project.key)
    return render(
        request, "finance/version.html", _version_facts(request, found, refusal), status=422 if refusal else 200
    )


def _version_facts(request: PersonRequest, found: BudgetVersion, refusal: ValidationError | None) -> dict[str, Any]:
    is_draft = found.status == BudgetVersion.Status.DRAFT
    before = found.budget.versions.exclude(approved_at=None).exclude(pk=found.pk)
    base = (
        before.order_by("-number") if is_draft else before.filter(number__lt=found.number).order_by("number")
    ).first()
    amounts = plan_amounts(found)
    return {
        "version": found,
        "budget": found.budget,
        "project": found.budget.project,
        "is_draft": is_draft,
        "base": base,
        "changes": changes(plan_amounts(base), amounts),
        "effects": line_effects(found.budget, found) if is_draft else (),
        "total": sum(amounts.values()),
        "refusal": refusal,
        "may_plan": may_approve_budget(request.user),
    }


@require_POST
def commitment_cancel(request: PersonRequest, pk: int) -> HttpResponse:
    """Give what is still open of a commitment back to its line."""
    rows = Commitment.objects.visible_to(request.user).select_related("line__budget__project")
    commitment = get_object_or_404(rows, pk=pk)
    if not may_post(request.user):
        raise PermissionDenied(_("Only finance cancels orders."))
    try:
        cancel_commitment(commitment=commitment, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("“%(what)s” is cancelled.") % {"what": commitment})
    return redirect(f"{reverse('project-budget', args=[commitment.line.budget.project.key])}#commitments")
