"""The REST face of exchange rates, budget versions and tranches."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as BrokenRule
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    CostCentre,
    ExchangeRate,
    FiscalPeriod,
    FundingTranche,
    PlanLine,
    TrancheLine,
)
from finance.serializers import AmountIn, MinorOut, currency_field, minor_units
from finance.services.exchange import NANO
from finance.services.plan import PlannedAmount
from people.serializers import Input, Output, VisibleKeyField, name_field
from projects.models import Station

MOST_RATES, MOST_LINES = 1_000, 2_000


@extend_schema_field({"type": "string", "examples": ["1.087500000"]})
class RateOut(serializers.Field):
    """One unit of `base` in units of `quote`, nine digits after the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="rate_nano", read_only=True, **options)

    def to_representation(self, nano: int) -> str:
        return format(Decimal(nano) / NANO, ".9f")


class ExchangeRateOut(Output):
    rate = RateOut()

    class Meta:
        model = ExchangeRate
        fields = ["id", "base", "quote", "kind", "valid_on", "rate", "source", "recorded_at"]


class PairRateIn(Input):
    base = currency_field()
    quote = currency_field()
    kind = serializers.ChoiceField(
        ExchangeRate.Kind.choices, help_text=_("Spot for documents, budget for plans; the others are refused.")
    )
    valid_on = serializers.DateField()
    rate = serializers.DecimalField(
        max_digits=18, decimal_places=9, min_value=Decimal("0.000000001"), help_text=_("One unit of base in quote.")
    )


class ExchangeRateIn(PairRateIn):
    source = serializers.CharField(max_length=80, help_text=_("Who publishes it, for example ecb."))  # type: ignore[assignment]


class RateBatchIn(Input):
    source = serializers.CharField(max_length=80, help_text=_("Who publishes them, for example ecb."))  # type: ignore[assignment]
    rates = PairRateIn(many=True, min_length=1, max_length=MOST_RATES)  # type: ignore[call-arg]


class PlanLineOut(Output):
    period = name_field("name")
    cost_centre = name_field("code", allow_null=True)
    amount = MinorOut("amount_minor", "version.budget.currency")

    class Meta:
        model = PlanLine
        fields = ["period", "category", "station", "cost_centre", "amount"]


class BudgetVersionOut(Output):
    project = serializers.CharField(source="budget.project.key")
    currency = serializers.CharField(source="budget.currency")
    made_by = name_field()
    approved_by = name_field(allow_null=True)
    lines = PlanLineOut(source="plan_lines", many=True)

    class Meta:
        model = BudgetVersion
        fields = [
            "id",
            "budget",
            "project",
            "number",
            "status",
            "reason",
            "currency",
            "made_by",
            "made_at",
            "approved_by",
            "approved_at",
            "lines",
        ]


class PlanLineIn(Input):
    period = serializers.CharField(max_length=20, help_text=_("Name of the fiscal period."))
    category = serializers.ChoiceField(BudgetLine.Category.choices)
    station = serializers.ChoiceField(Station.choices)
    amount = AmountIn()
    cost_centre = serializers.CharField(max_length=20, default=None, allow_null=True)


class BudgetVersionIn(Input):
    budget = VisibleKeyField(queryset=Budget.objects.all())
    reason = serializers.CharField(max_length=240, default="", allow_blank=True)
    lines = PlanLineIn(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lines": planned_amounts(attrs["lines"], attrs["budget"].currency)}


class ChangeDraftIn(Input):
    reason = serializers.CharField(max_length=240, default="", allow_blank=True)
    lines = PlanLineIn(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lines": planned_amounts(attrs["lines"], self.context["version"].budget.currency)}


def planned_amounts(lines: list[dict[str, Any]], currency: str) -> list[PlannedAmount]:
    """Lines as the verb wants them: periods and cost centres by name, in two queries."""
    periods = {row.name: row for row in FiscalPeriod.objects.filter(name__in={line["period"] for line in lines})}
    codes = {line["cost_centre"] for line in lines} - {None}
    centres = {row.code: row for row in CostCentre.objects.filter(code__in=codes)}
    for number, line in enumerate(lines):
        for field, known in (("period", periods), ("cost_centre", centres)):
            if line[field] is not None and line[field] not in known:
                fault = BrokenRule(_("There is none of this name."), code="does_not_exist")
                raise BrokenRule({f"lines.{number}.{field}": fault})
    return [
        PlannedAmount(
            period=periods[line["period"]],
            category=line["category"],
            station=line["station"],
            amount_minor=minor_units(f"lines.{number}.amount", line["amount"], currency),
            cost_centre=centres.get(line["cost_centre"]),
        )
        for number, line in enumerate(lines)
    ]


class TrancheLineOut(Output):
    category = serializers.CharField(source="line.category")
    amount = MinorOut("amount_minor", "line.budget.currency")

    class Meta:
        model = TrancheLine
        fields = ["line", "category", "amount"]


class TrancheOut(Output):
    project = serializers.CharField(source="budget.project.key")
    currency = serializers.CharField(source="budget.currency")
    released_by = name_field(allow_null=True)
    lines = TrancheLineOut(many=True)

    class Meta:
        model = FundingTranche
        fields = [
            "id",
            "budget",
            "project",
            "station",
            "currency",
            "released_at",
            "released_by",
            "reference",
            "expires_on",
            "lines",
        ]
