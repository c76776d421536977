"""Say which money which gate releases."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.forms_tranches import TranchesForm
from finance.models import Budget
from finance.permissions import may_approve_budget
from finance.services.tranches import meter_budget
from people.requests import PersonRequest


def tranches(request: PersonRequest, pk: int) -> HttpResponse:
    """Plan the tranches of a budget; those that are released stay."""
    budget = get_object_or_404(Budget.objects.visible_to(request.user).select_related("project"), pk=pk)
    if not may_approve_budget(request.user):
        raise PermissionDenied(_("Only managers and finance plan budgets. Ask one of them, with the reason."))
    page = f"{reverse('project-budget', args=[budget.project.key])}?budget={budget.pk}"
    form = TranchesForm(request.POST or None, budget=budget)
    if not form.categories:
        messages.info(request, _("Approve a version first: tranches divide the money that it plans."))
        return redirect(page)
    if form.is_valid():
        try:
            meter_budget(
                budget=budget,
                tranches=form.tranches(),
                expires_on=form.cleaned_data["expires_on"],
                at=timezone.now(),
                by=request.user,
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Planned. A gate that says go releases the money of its stage."))
            return redirect(f"{page}#tranches")
    facts = {"form": form, "budget": budget, "project": budget.project}
    return render(request, "finance/tranches_form.html", facts, status=422 if form.errors else 200)
