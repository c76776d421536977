"""The prices of machine time, for everybody; and what stops a job of a project, for those who decide on money."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.forms import LimitsForm
from finance.models import BudgetLine, RateCard
from finance.permissions import may_approve_budget, may_see_role_rates
from finance.services.budget import set_line_policy
from people.requests import PersonRequest
from projects.models import Project
from projects.permissions import may_set_threshold
from projects.services import set_approval_threshold


def rate_cards(request: PersonRequest) -> HttpResponse:
    """Every version, with the one that prices work today marked."""
    return render(
        request,
        "finance/rate_cards.html",
        {
            "cards": RateCard.objects.order_by("-valid_from", "-version"),
            "in_force": RateCard.objects.in_force(timezone.localdate()),
            "sees_effect": may_see_role_rates(request.user),
        },
    )


def limits(request: PersonRequest, key: str) -> HttpResponse:
    """The threshold of approval and the policy of each budget line."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_approve_budget(request.user):
        raise PermissionDenied(_("Only managers and finance set limits. Ask one of them, with the reason."))
    lines = BudgetLine.objects.filter(budget__project=project).select_related("budget__project")
    ordered = list(lines.order_by("-budget__approved_on", "-budget_id", "category"))
    if not ordered:
        messages.info(request, _("This project has no budget yet. Limits are set on its lines, once one is approved."))
        return redirect(project)
    form = LimitsForm(
        request.POST or None, project=project, lines=ordered, may_set_threshold=may_set_threshold(request.user)
    )
    if form.is_valid():
        try:
            _set(form, project, request)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The limits of %(key)s are set.") % {"key": project.key})
            return redirect(project)
    facts = {"form": form, "project": project}
    return render(request, "finance/limits_form.html", facts, status=422 if form.errors else 200)


@transaction.atomic
def _set(form: LimitsForm, project: Project, request: PersonRequest) -> None:
    """Only what differs, so that the audit trail tells of changes."""
    wanted = form.cleaned_data["threshold"]
    if may_set_threshold(request.user) and wanted != project.approval_threshold_minor:
        set_approval_threshold(project=project, threshold_minor=wanted, by=request.user)
    for line, policy in form.policies():
        set_line_policy(line=line, policy=policy, by=request.user)
