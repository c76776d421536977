"""Forms for what an hour of a role costs: a new rate, and the day on which a late one is made good."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from finance.forms import CurrencyField
from finance.money import typed_minor
from people.models import JobRole
from projects.forms import DayField, PlainForm


class RoleRateForm(PlainForm):
    role = forms.ModelChoiceField(JobRole.objects.all(), label=_("Role"))
    hour = forms.CharField(
        label=_("An hour costs"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("For example 92.50."),
    )
    currency = CurrencyField(help_text=_("Three capital letters, such as EUR."))
    valid_from = DayField(label=_("Valid from"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Valid to"),
        required=False,
        help_text=_("The first day on which it no longer counts; empty for no end."),
    )
    external_id = forms.CharField(
        label=_("Reference"), max_length=80, help_text=_("The decision or list that it comes from; each counts once.")
    )

    def clean(self) -> None:
        """The hour in minor units of its currency."""
        hour, currency = self.cleaned_data.get("hour"), self.cleaned_data.get("currency")
        if hour and currency:
            try:
                self.cleaned_data["hour_minor"] = typed_minor(hour, currency)
            except forms.ValidationError as error:
                self.add_error("hour", error)

    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "hour"}


class AdjustForm(PlainForm):
    effective_on = DayField(
        label=_("Post it on"),
        initial=timezone.localdate,
        help_text=_("A day of an open period; closed ones do not move."),
    )
