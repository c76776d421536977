"""Exchange rates to take along."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.models import ExchangeRate
from finance.views_exchange import asked_rates, demand_reader
from people.requests import PersonRequest
from portal.export import Column, Table, attached


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The rates of the asked pair and kind, the newest first."""
    demand_reader(request)
    today = timezone.localdate()
    rows = ExchangeRate.objects.asked_for(*asked_rates(request)).order_by("-valid_on", "-recorded_at", "-pk")
    columns = (
        Column(_("One unit of"), 12),
        Column(_("In"), 9),
        Column(_("Rate"), 16),
        Column(_("Kind"), 20),
        Column(_("From"), 12),
        Column(_("Recorded"), 20),
        Column(_("Source"), 30),
    )
    return attached(Table("exchange-rates", columns, (_cells(row, kind) for row in rows.iterator())), kind, today)


def _cells(row: ExchangeRate, kind: str) -> list[Any]:
    """A spreadsheet shows an exact number as an amount, with two digits: there the rate is a plain number."""
    rate = float(row.rate) if kind == "xlsx" else row.rate.normalize()
    return [row.base, row.quote, rate, row.get_kind_display(), row.valid_on, row.recorded_at, row.source]
