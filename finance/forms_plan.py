"""The table in which a budget version is typed: one row for each period and stage, one amount for each category."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.forms import CurrencyField
from finance.models import Budget, BudgetLine, BudgetVersion, CostCentre, FiscalPeriod
from finance.money import to_decimal, typed_minor
from finance.services.plan import PlannedAmount
from projects.forms import PlainForm
from projects.models import Station

MOST_ROWS = 120
EMPTY_ROWS = 3


def planned_minor(text: str, currency: str) -> int:
    """Minor units of an amount as it is typed into a plan."""
    minor = typed_minor(text, currency)
    if minor < 0:
        raise ValidationError(_("A planned amount is zero or more."), code="out_of_range")
    return minor


class BudgetForm(PlainForm):
    """A budget before it has a plan."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    currency = CurrencyField()


class VersionForm(PlainForm):
    """Why there is another version."""

    reason = forms.CharField(
        label=gettext_lazy("What changed, and why"),
        max_length=240,
        help_text=gettext_lazy("It stands beside the version for ever."),
    )


class PlanRowForm(PlainForm):
    """One row. A row without an amount is not part of the plan."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False)
    station = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    cost_centre = forms.ChoiceField(label=gettext_lazy("Cost centre"), required=False)

    def __init__(
        self,
        *args: Any,
        periods: Mapping[str, FiscalPeriod],
        centres: Mapping[str, CostCentre],
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.periods, self.centres, self.currency = periods, centres, currency
        self._offer("period", {pk: str(period) for pk, period in periods.items()})
        self._offer("station", dict(Station.choices))
        self._offer("cost_centre", {pk: centre.code for pk, centre in centres.items()})
        for category in BudgetLine.Category:
            field = forms.CharField(
                label=category.label,
                required=False,
                max_length=24,
                widget=forms.TextInput(attrs={"class": "input", "inputmode": "decimal", "autocomplete": "off"}),
            )
            self.fields[category.value] = field

    def _offer(self, name: str, words: Mapping[str, Any]) -> None:
        field = self.fields[name]
        field.choices = [("", "–"), *words.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Amounts as minor units; whoever types an amount says for which period and stage."""
        typed = self.cleaned_data
        amounts = {category: self._minor(category) for category in BudgetLine.Category.values if typed.get(category)}
        self.amounts = {category: minor for category, minor in amounts.items() if minor is not None}
        for name in ("period", "station"):
            if any(self.amounts.values()) and not typed.get(name):
                self.add_error(name, _("Choose one, or clear the amounts."))
        return typed

    def _minor(self, category: str) -> int | None:
        try:
            return planned_minor(self.cleaned_data[category], self.currency)
        except ValidationError as error:
            self.add_error(category, error)
            return None

    def planned(self) -> list[PlannedAmount]:
        if not any(self.amounts.values()):
            return []
        typed = self.cleaned_data
        period, centre = self.periods[typed["period"]], self.centres.get(typed["cost_centre"])
        return [
            PlannedAmount(period, category, typed["station"], minor, centre)
            for category, minor in self.amounts.items()
            if minor
        ]


PlanFormSet = forms.formset_factory(PlanRowForm, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


def plan_rows(typed: Mapping[str, Any] | None, *, budget: Budget, initial: Sequence[dict[str, Any]]) -> Any:
    """The table, with what was typed or what it begins from; two queries however many rows."""
    periods = FiscalPeriod.objects.exclude(status=FiscalPeriod.Status.CLOSED)
    known = {str(period.pk): period for period in periods}
    for row in initial:
        if row.get("known"):
            known.setdefault(str(row["known"].pk), row["known"])
    centres = {str(centre.pk): centre for centre in CostCentre.objects.all()}
    options = {
        "periods": dict(sorted(known.items(), key=lambda item: item[1].starts_on)),
        "centres": centres,
        "currency": budget.currency,
    }
    return PlanFormSet(typed, initial=initial, form_kwargs=options, prefix="plan")


def rows_of(version: BudgetVersion | None, currency: str) -> list[dict[str, Any]]:
    """A version as rows of the table, with some empty ones under it."""
    rows: dict[tuple[int, str, int | None], dict[str, Any]] = {}
    if version is not None:
        for line in version.plan_lines.select_related("period").order_by("period__starts_on", "station"):
            row = rows.setdefault(
                (line.period_id, line.station, line.cost_centre_id),
                {
                    "known": line.period,
                    "period": str(line.period_id),
                    "station": line.station,
                    "cost_centre": str(line.cost_centre_id or ""),
                },
            )
            row[line.category] = str(to_decimal(line.amount_minor, currency))
    empty = max(0, min(EMPTY_ROWS, MOST_ROWS - len(rows)))
    return [*rows.values(), *({} for _row in range(empty))]
