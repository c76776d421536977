"""The table in which a business case is typed: one row a year."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.forms import CurrencyField
from finance.money import to_decimal, typed_minor
from outcomes.appraisal import Flow
from portal.outcome_pages.fields import AmountField
from projects.forms import DayField, PlainForm

MOST_YEARS = 31


class CaseForm(PlainForm):
    currency = CurrencyField(initial=lambda: settings.CURRENCY)
    rate = forms.DecimalField(
        label=gettext_lazy("Discount rate a year"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=Decimal(8),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": gettext_lazy("This is not a percentage. Write it like 8 or 7.5.")},
    )
    starts_on = DayField(
        label=gettext_lazy("Begins"), help_text=gettext_lazy("The day that year 0 stands for.")
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Rests on"),
        max_length=240,
        required=False,
        help_text=gettext_lazy("What is assumed; it stands beside this version for ever."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate"].unit = "%"  # type: ignore[attr-defined]

    def terms(self) -> dict[str, Any]:
        """The arguments of the verb `make_case`, without its flows."""
        typed = dict(self.cleaned_data)
        rate = typed.pop("rate")
        return typed | {"discount_rate_bp": int(rate * 100)}


class FlowForm(forms.Form):
    """One year; a year without an amount is not part of the case."""

    cost = AmountField(label=gettext_lazy("Cost"), required=False)
    benefit = AmountField(label=gettext_lazy("Benefit"), required=False)
    probability = forms.IntegerField(
        label=gettext_lazy("Probability in percent"),
        min_value=0,
        max_value=100,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    use_required_attribute = False

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        for name in ("cost", "benefit"):
            text = self.cleaned_data.get(name) or "0"
            try:
                minor = typed_minor(text, self.currency)
            except ValidationError as error:
                self.add_error(name, error)
                continue
            if minor < 0:
                self.add_error(name, _("Write it as zero or more: cost and benefit have columns of their own."))
            self.cleaned_data[f"{name}_minor"] = minor
        return self.cleaned_data

    def flow(self, year: int) -> Flow | None:
        typed = self.cleaned_data
        if not (typed.get("cost") or typed.get("benefit")):
            return None
        probability = typed.get("probability")
        percent = 100 if probability is None else probability
        return Flow(year, typed["cost_minor"], typed["benefit_minor"], percent)


FlowFormSet = forms.formset_factory(FlowForm, extra=0, max_num=MOST_YEARS, absolute_max=MOST_YEARS)


def flow_rows(typed: Mapping[str, Any] | None, *, currency: str, flows: Sequence[Flow] = (), years: int = 0) -> Any:
    """The table with what was typed, or with flows to begin from; a row's place is its year."""
    by_year = {flow.year: flow for flow in flows}
    count = min(MOST_YEARS, max(years, max(by_year, default=-1) + 1))
    initial = [_row(by_year.get(year), currency) for year in range(count)]
    return FlowFormSet(typed, initial=initial, form_kwargs={"currency": currency}, prefix="flows")


def _row(flow: Flow | None, currency: str) -> dict[str, Any]:
    if flow is None:
        return {}
    return {
        "cost": f"{to_decimal(flow.cost_minor, currency):f}",
        "benefit": f"{to_decimal(flow.benefit_minor, currency):f}",
        "probability": flow.p_percent,
    }
