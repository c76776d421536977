"""Forms that promise a benefit month by month and record what a month brought."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.forms import CurrencyField
from finance.money import allocate, typed_minor
from outcomes.models import Benefit, Kpi, ValueContract
from outcomes.permissions import benefit_owners
from outcomes.services.benefit_terms import MOST_MONTHS
from portal.boards.benefits import months_from
from portal.outcome_pages.fields import AmountField, MonthField
from projects.forms import PlainForm
from projects.models import Project

PLAN_FAULTS = {"wrong_sign": "amount", "month_realised": "first_month"}  # every other one is of its last months


def ramped(first: date, months: int, full_minor: int, ramp: int) -> dict[date, int]:
    """The same amount each month; with a ramp it is reached in equal steps over the first months."""
    return {
        months_from(first, place): allocate(full_minor, [min(place + 1, ramp), ramp - min(place + 1, ramp)])[0]
        if ramp
        else full_minor
        for place in range(months)
    }


class PromiseForm(PlainForm):
    """Months typed as the first, their count and an amount: what the verb refuses of a plan lands on one of these."""

    def refuse(self, error: ValidationError) -> None:
        told = dict(getattr(error, "error_dict", {}))
        for fault in told.pop("plan", ()):
            self.add_error(PLAN_FAULTS.get(fault.code, "months"), fault)
        if told or not hasattr(error, "error_dict"):
            super().refuse(ValidationError(told) if told else error)


class BenefitForm(PromiseForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("What the business has of it, for example: hand sorting saved."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Benefit.Kind.choices)
    owner = forms.ModelChoiceField(
        benefit_owners(),
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy("Who says each month what it brought."),
    )
    currency = CurrencyField(initial=lambda: settings.CURRENCY)
    first_month = MonthField(label=gettext_lazy("First month"))
    months = forms.IntegerField(
        label=gettext_lazy("Months"), min_value=1, max_value=MOST_MONTHS, initial=12, widget=forms.NumberInput
    )
    amount = AmountField(
        label=gettext_lazy("Amount a month"),
        help_text=gettext_lazy("Beyond what a month brought before. A disbenefit is written with a minus."),
    )
    ramp = forms.IntegerField(
        label=gettext_lazy("Reached after months"),
        min_value=0,
        max_value=MOST_MONTHS,
        initial=0,
        required=False,
        widget=forms.NumberInput,
        help_text=gettext_lazy("The amount grows in equal steps until then; 0 begins with the whole of it."),
    )
    baseline = AmountField(label=gettext_lazy("A month before"), required=False)
    tolerance_percent = forms.IntegerField(
        label=gettext_lazy("Shortfall allowed in percent"),
        min_value=0,
        max_value=100,
        initial=20,
        widget=forms.NumberInput,
        help_text=gettext_lazy(
            "Beyond it an improvement demand opens. The last three promised months that are over and reported count "
            "together; before the third, all that are over."
        ),
    )
    kpi = forms.ModelChoiceField(
        Kpi.objects.none(), label=gettext_lazy("KPI"), required=False, empty_label=gettext_lazy("none")
    )
    contract = forms.ModelChoiceField(
        ValueContract.objects.none(),
        label=gettext_lazy("Value contract"),
        required=False,
        empty_label=gettext_lazy("none"),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kpis = Kpi.objects.filter(project=project)
        contracts = ValueContract.objects.filter(kpi__project=project).select_related("kpi")
        self.fields["kpi"].queryset = kpis  # type: ignore[attr-defined]
        self.fields["contract"].queryset = contracts  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        for name in ("amount", "baseline"):
            if "currency" in typed and name in typed:
                try:
                    typed[f"{name}_minor"] = typed_minor(typed[name] or "0", typed["currency"])
                except ValidationError as error:
                    self.add_error(name, error)
        if (typed.get("ramp") or 0) > typed.get("months", MOST_MONTHS):
            self.add_error("ramp", _("It would be reached after the last month. Take fewer months, or promise more."))
        return typed

    def promise(self) -> dict[str, Any]:
        """The arguments of the verb `promise_benefit`."""
        typed = self.cleaned_data
        names = ("name", "kind", "owner", "currency", "kpi", "contract", "baseline_minor", "tolerance_percent")
        plan = ramped(typed["first_month"], typed["months"], typed["amount_minor"], typed["ramp"] or 0)
        return {name: typed[name] for name in names} | {"plan": plan}


class PlanForm(PromiseForm):
    """Months ahead, planned anew; months that it does not name keep their promise."""

    first_month = MonthField(label=gettext_lazy("From"))
    months = forms.IntegerField(
        label=gettext_lazy("Months"), min_value=1, max_value=MOST_MONTHS, widget=forms.NumberInput
    )
    amount = AmountField(
        label=gettext_lazy("Amount a month"),
        help_text=gettext_lazy("Beyond what a month brought before. A disbenefit is written with a minus."),
    )

    def __init__(self, *args: Any, benefit: Benefit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = benefit.currency
        self.fields["amount"].unit = benefit.currency  # type: ignore[attr-defined]

    def clean_amount(self) -> int:
        return typed_minor(self.cleaned_data["amount"], self.currency)

    def plan(self) -> dict[date, int]:
        typed = self.cleaned_data
        return ramped(typed["first_month"], typed["months"], typed["amount"], 0)


class RealiseForm(PlainForm):
    month = MonthField(
        label=gettext_lazy("Month"), help_text=gettext_lazy("It counts against its promise once it is over.")
    )
    actual = AmountField(
        label=gettext_lazy("What it brought"),
        help_text=gettext_lazy("Beyond what a month brought before. A disbenefit is written with a minus."),
    )
    attributed_percent = forms.IntegerField(
        label=gettext_lazy("Owed to the project, in percent"),
        min_value=0,
        max_value=100,
        initial=100,
        widget=forms.NumberInput,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=240,
        required=False,
        help_text=gettext_lazy("Where the figure comes from."),
    )

    def __init__(self, *args: Any, benefit: Benefit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = benefit.currency
        self.fields["actual"].unit = benefit.currency  # type: ignore[attr-defined]
        self.fields["month"].widget.attrs["max"] = f"{timezone.localdate():%Y-%m}"

    def clean_actual(self) -> int:
        return typed_minor(self.cleaned_data["actual"], self.currency)

    def record(self) -> dict[str, Any]:
        """The arguments of the verb `realise_benefit`."""
        typed = dict(self.cleaned_data)
        actual = typed.pop("actual")
        return typed | {"actual_minor": actual}
