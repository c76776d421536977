"""The table in which tranches are typed: a row for each stage, an amount for each category that has money."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from finance.forms_plan import planned_minor
from finance.models import Budget, BudgetLine, BudgetVersion, PlanLine, TrancheLine
from finance.money import to_decimal
from projects.forms import DayField, PlainForm
from projects.models import Station

Amounts = dict[tuple[str, str], int]  # stage, category: minor units


@dataclass(frozen=True)
class StageRow:
    """One stage: the fields of its tranche, or the amounts that are released already."""

    station: Station
    has_begun: bool
    is_released: bool
    cells: list[Any]


class TranchesForm(PlainForm):
    """It begins from the tranches that are planned, or from what the version in force plans for each stage."""

    expires_on = DayField(
        label=_("Expires on"),
        required=False,
        help_text=_("From that day on no gate releases what is still held. Empty: it does not expire."),
    )

    def __init__(self, typed: Any, *, budget: Budget) -> None:
        self.budget = budget
        self.categories = [BudgetLine.Category(line.category) for line in budget.lines.order_by("category")]
        self.released = set(budget.tranches.exclude(released_at=None).values_list("station", flat=True))
        self.amounts = _amounts_of(budget)
        held = budget.tranches.filter(released_at=None).first()
        super().__init__(typed, initial={"expires_on": held.expires_on if held else None})
        for station in Station:
            if station.value not in self.released:
                self._add(station)

    def _add(self, station: Station) -> None:
        for category in self.categories:
            minor = self.amounts.get((station.value, category.value))
            label = f"{station.label}, {category.label}"
            field = forms.CharField(
                label=label,
                required=False,
                max_length=24,
                widget=forms.TextInput(
                    attrs={"class": "input", "inputmode": "decimal", "autocomplete": "off", "aria-label": label}
                ),
            )
            field.unit = field.limits = ""  # type: ignore[attr-defined]
            self.fields[_name(station, category)] = field
            self.initial[_name(station, category)] = to_decimal(minor, self.budget.currency) if minor else ""

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        for name in [name for name in typed if name != "expires_on"]:
            try:
                typed[name] = planned_minor(typed[name] or "0", self.budget.currency)
            except ValidationError as error:
                self.add_error(name, error)
        return typed

    def tranches(self) -> dict[Station, dict[str, int]]:
        """Minor units by category for each stage that has any."""
        found = {
            station: {
                category.value: self.cleaned_data[_name(station, category)]
                for category in self.categories
                if self.cleaned_data[_name(station, category)]
            }
            for station in Station
            if station.value not in self.released
        }
        return {station: amounts for station, amounts in found.items() if amounts}

    @property
    def rows(self) -> list[StageRow]:
        begun = Station(self.budget.project.station).position
        return [
            StageRow(station, station.position <= begun, is_released, self._cells(station, is_released))
            for station in Station
            for is_released in [station.value in self.released]
        ]

    def _cells(self, station: Station, is_released: bool) -> list[Any]:
        if is_released:
            return [self.amounts.get((station.value, category.value), 0) for category in self.categories]
        return [self[_name(station, category)] for category in self.categories]


def _name(station: Station, category: BudgetLine.Category) -> str:
    return f"{station.value}-{category.value}"


def _amounts_of(budget: Budget) -> Amounts:
    """What the tranches say; before there are any, what is planned for each stage."""
    tranches = TrancheLine.objects.filter(tranche__budget=budget)
    if budget.is_metered:
        rows = tranches.values_list("tranche__station", "line__category", "amount_minor")
        return {(station, category): minor for station, category, minor in rows}
    in_force = PlanLine.objects.filter(version__budget=budget, version__status=BudgetVersion.Status.APPROVED)
    sums = in_force.values_list("station", "category").annotate(minor=Sum("amount_minor")).order_by()
    return {(station, category): minor for station, category, minor in sums}
