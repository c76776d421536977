"""The form for an exchange rate: typed, told in plain words what it does, then recorded."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from finance.forms import CurrencyField
from finance.forms_orders import day_of_the_books
from finance.models import ExchangeRate
from finance.services.exchange import NANO, USED, demand_rate
from projects.forms import DayField, PlainForm


class ExchangeRateForm(PlainForm):
    """`seen` holds what was told before: only that is recorded, so that a pair the wrong way round is noticed."""

    base = CurrencyField(label=_("One unit of"))
    quote = CurrencyField(label=_("is worth in"))
    rate = forms.DecimalField(
        label=_("Rate"),
        max_digits=18,
        decimal_places=9,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": _("This is not a number. Write it like 0.9185.")},
        help_text=_("For example 0.9185; nine digits after the point at most."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind.value, kind.label) for kind in USED],
        help_text=_("Spot is for documents. Budget is the rate that plans were made with."),
    )
    valid_on = DayField(label=_("From"), initial=timezone.localdate)
    source = forms.CharField(label=_("Source"), max_length=80, help_text=_("Who publishes it, such as a central bank."))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)

    def clean_valid_on(self) -> date:
        return day_of_the_books(self.cleaned_data["valid_on"])

    def clean(self) -> None:
        """What the verb would refuse is told before anything else is."""
        typed = self.cleaned_data
        if "rate" in typed:
            try:
                demand_rate(typed["rate"])
            except forms.ValidationError as error:
                self.refuse(error)
        if typed.get("base") and typed.get("base") == typed.get("quote"):
            self.add_error("quote", _("Name two currencies: a currency is worth itself."))

    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    @property
    def told(self) -> str:
        """What is typed, in the one way in which it is compared with what was told."""
        return "|".join(str(value) for value in self.facts().values())

    @property
    def typed_rate(self) -> ExchangeRate:
        """The row as it would be recorded."""
        typed = self.facts()
        return ExchangeRate(rate_nano=int(typed.pop("rate") * NANO), **typed)

    @property
    def backwards(self) -> Decimal:
        """What one unit of the other currency is worth then."""
        return round(1 / Decimal(self.cleaned_data["rate"]), 6)
