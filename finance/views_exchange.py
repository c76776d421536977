"""Exchange rates: what is recorded, and a new one, whose effect is told before it counts."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.forms_exchange import ExchangeRateForm
from finance.models import ExchangeRate
from finance.permissions import may_publish_rates, may_see_journal
from finance.services.exchange import record_exchange_rate
from people.requests import PersonRequest

ON_A_PAGE = 50


@require_safe
def rates(request: PersonRequest) -> HttpResponse:
    """Every rate, the newest first, with those that count today marked."""
    demand_reader(request)
    pair, kind = asked_rates(request)
    found = ExchangeRate.objects.asked_for(pair, kind).newest_first(timezone.localdate())
    pairs = ExchangeRate.objects.order_by("base", "quote").values_list("base", "quote").distinct()
    facts = {
        "page": Paginator(found, ON_A_PAGE).get_page(request.GET.get("page")),
        "pairs": [f"{base}/{quote}" for base, quote in pairs],
        "kinds": ExchangeRate.Kind.choices,
        "pair": pair,
        "kind": kind,
        "may_publish": may_publish_rates(request.user),
    }
    return render(request, "finance/exchange_rates.html", facts)


def rate_new(request: PersonRequest) -> HttpResponse:
    """Say what a rate would do, then record it; one that is recorded twice counts once."""
    if not may_publish_rates(request.user):
        raise PermissionDenied(_("Only finance records exchange rates. Ask them, with the source."))
    form = ExchangeRateForm(request.POST or None, initial={name: request.GET.get(name) for name in ("base", "quote")})
    if form.is_valid() and form.cleaned_data["seen"] == form.told:
        try:
            row = _recorded(form.facts(), request)
        except ValidationError as error:
            form.refuse(error)
        else:
            figures = {"rate": row.in_words, "day": date_format(row.valid_on, "j M Y")}
            messages.success(request, _("%(rate)s from %(day)s.") % figures)
            return redirect("exchange-rates")
    facts = {"form": form, "effect": _effect(form) if form.is_bound and form.is_valid() else None}
    return render(request, "finance/exchange_rate_form.html", facts, status=422 if form.errors else 200)


def demand_reader(request: PersonRequest) -> None:
    if not may_see_journal(request.user):
        raise PermissionDenied(_("Exchange rates are open to portfolio managers and finance."))


def asked_rates(request: PersonRequest) -> tuple[str, str]:
    """The pair and the kind that an address asks for."""
    pair, kind = (request.GET.get(name, "").replace("\x00", "") for name in ("pair", "kind"))
    return pair, kind


def _recorded(facts: dict[str, Any], request: PersonRequest) -> ExchangeRate:
    """The rate that a form recorded already, or a new one."""
    before = _in_force(facts)
    is_same = before and (before.valid_on, before.rate, before.source) == tuple(
        facts[name] for name in ("valid_on", "rate", "source")
    )
    if before and is_same:
        return before
    return record_exchange_rate(**facts, at=timezone.now(), by=request.user)


def _in_force(facts: dict[str, Any]) -> ExchangeRate | None:
    return ExchangeRate.objects.in_force(facts["base"], facts["quote"], facts["kind"], facts["valid_on"])


def _effect(form: ExchangeRateForm) -> dict[str, Any]:
    """What counts on that day until now, and what will follow."""
    facts = form.facts()
    before = _in_force(facts)
    pair = facts["base"], facts["quote"], facts["kind"], facts["valid_on"]
    return {
        "rate": form.typed_rate,
        "before": before,
        "change": float(facts["rate"] / before.rate - 1) if before else None,
        "next": ExchangeRate.objects.next_after(*pair),
        "backwards": form.backwards,
        "told": form.told,
    }
