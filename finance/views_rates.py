"""What an hour of a role costs: the rates, a new one, and what a late one changes before anything is posted."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from finance.forms_rates import AdjustForm, RoleRateForm
from finance.models import JournalEntry, RoleRate
from finance.permissions import may_post, may_see_role_rates
from finance.services.labour import RateEffect, adjust_for_rate, rate_effect, record_role_rate
from people.models import JobRole, User
from people.requests import PersonRequest

ON_A_PAGE = 50


@require_safe
def rates(request: PersonRequest) -> HttpResponse:
    """Every rate by role, with the one that counts today marked."""
    _demand_reader(request.user)
    found = RoleRate.objects.select_related("role").order_by("role__name", "-valid_from", "-recorded_at", "-pk")
    role = request.GET.get("role", "").replace("\x00", "")
    page = Paginator(found.filter(role__code=role) if role else found, ON_A_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "in_force": RoleRate.objects.all_in_force(timezone.localdate()), "role": role}
    return render(request, "finance/role_rates.html", {**facts, "roles": JobRole.objects.all()})


def rate_new(request: PersonRequest) -> HttpResponse:
    """Record a rate; its page then shows what it changes about time that is posted already."""
    _demand_reader(request.user)
    form = RoleRateForm(request.POST or None)
    if form.is_valid():
        try:
            rate = record_role_rate(**form.facts(), source="portal", at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The rate is recorded. Nothing that was posted has moved."))
            return redirect("role-rate", rate.pk)
    return render(request, "finance/role_rate_form.html", {"form": form}, status=422 if form.errors else 200)


def rate(request: PersonRequest, pk: int) -> HttpResponse:
    """What a rate would change, by period and project, and the confirmation that posts it."""
    _demand_reader(request.user)
    row = get_object_or_404(RoleRate.objects.select_related("role"), pk=pk)
    if request.method == "POST" and not may_post(request.user):
        raise PermissionDenied(_("Only finance posts adjustments. Ask them, with this page."))
    form = AdjustForm(request.POST or None)
    if form.is_valid() and is_adjusted(request, form, partial(adjust_for_rate, rate=row)):
        return redirect("role-rate", row.pk)
    effect, fault = _effect_of(row)
    facts = {"rate": row, "form": form, "effect": effect, "fault": fault, "may_post": may_post(request.user)}
    return render(request, "finance/role_rate.html", facts, status=422 if form.errors else 200)


def is_adjusted(request: PersonRequest, form: AdjustForm, adjust: Callable[..., list[JournalEntry]]) -> bool:
    """Post the adjustments of a late price and say how many; a refusal stands in the form."""
    try:
        posted = adjust(**form.cleaned_data, at=timezone.now(), by=request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    told = ngettext("%(n)s adjustment is posted.", "%(n)s adjustments are posted.", len(posted)) % {"n": len(posted)}
    messages.success(request, told if posted else _("Nothing was left to adjust."))
    return True


def _effect_of(row: RoleRate) -> tuple[RateEffect | None, ValidationError | None]:
    """The effect, or the reason why it cannot be told, such as a missing exchange rate."""
    try:
        return rate_effect(row), None
    except ValidationError as error:
        return None, error


def _demand_reader(user: User) -> None:
    if not may_see_role_rates(user):
        raise PermissionDenied(_("What an hour of a role costs is open to portfolio managers and finance."))
