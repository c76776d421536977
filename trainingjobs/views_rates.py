"""One rate card: what it would change about jobs that are charged, before anything is posted."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from finance.forms_rates import AdjustForm
from finance.models import RateCard
from finance.permissions import may_post, may_see_role_rates
from finance.views_rates import is_adjusted
from people.requests import PersonRequest
from trainingjobs.services.late_card import adjust_for_card, card_effect


def rate_card(request: PersonRequest, pk: int) -> HttpResponse:
    """What a card would change, by period and project, and the confirmation that posts it."""
    if not may_see_role_rates(request.user):
        raise PermissionDenied(_("What a late price changes is open to portfolio managers and finance."))
    card = get_object_or_404(RateCard, pk=pk)
    if request.method == "POST" and not may_post(request.user):
        raise PermissionDenied(_("Only finance posts adjustments. Ask them, with this page."))
    form = AdjustForm(request.POST or None)
    if form.is_valid() and is_adjusted(request, form, partial(adjust_for_card, card=card)):
        return redirect("rate-card", card.pk)
    facts = {"card": card, "form": form, "effect": card_effect(card), "may_post": may_post(request.user)}
    return render(request, "finance/rate_card.html", facts, status=422 if form.errors else 200)
