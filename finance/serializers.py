"""The REST face of money: decimal strings beside their currency code, never a float."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as BrokenRule
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.currencies import demand_currency
from finance.models import Budget, BudgetLine, BudgetVersion, RateCard, Reservation
from finance.money import MICRO, to_decimal, to_minor
from people.serializers import Input, Output, name_field
from projects.models import Station
from projects.serializers import project_field

AMOUNT = r"^-?[0-9]{1,13}(\.[0-9]{1,6})?$"


class _AmountOut(serializers.Field):
    """An amount of the row, as text."""

    def __init__(self, column: str, currency: str = "currency", **options: Any) -> None:
        self.column, self.currency = column.split("."), currency.split(".")
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, row: Any) -> str | None:
        amount = _follow(row, self.column)
        return None if amount is None else format(self.as_decimal(amount, _follow(row, self.currency)), "f")

    def as_decimal(self, amount: int, currency: str) -> Decimal:
        raise NotImplementedError


def _follow(row: Any, path: list[str]) -> Any:
    for name in path:
        row = getattr(row, name)
    return row


@extend_schema_field({"type": "string", "pattern": AMOUNT, "examples": ["1234.50"]})
class MinorOut(_AmountOut):
    """An amount of the ledger: exactly the digits its currency knows."""

    def as_decimal(self, amount: int, currency: str) -> Decimal:
        return to_decimal(amount, currency)


@extend_schema_field({"type": "string", "pattern": AMOUNT, "examples": ["0.480000"]})
class MicroOut(_AmountOut):
    """A rate or a live cost: six digits after the point."""

    def as_decimal(self, amount: int, currency: str) -> Decimal:
        return Decimal(amount).scaleb(-6)


@extend_schema_field({"type": "string", "pattern": AMOUNT, "examples": ["1234.50"]})
class AmountIn(serializers.Field):
    """An amount that is sent: text, so that nothing on the way can round it."""

    may_be_negative = False

    default_error_messages = {
        "not_text": _('Send amounts as text, for example "1234.50": a JSON number may be rounded on the way.'),
        "not_an_amount": _("“%(amount)s” is not an amount. Write it like 1234.50."),
        "negative": _("The amount must be zero or more."),
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("not_text")
        if not re.fullmatch(AMOUNT, data, re.ASCII):
            text = self.error_messages["not_an_amount"] % {"amount": data[:40]}
            raise serializers.ValidationError(text, code="not_an_amount")
        amount = Decimal(data)
        if amount < 0 and not self.may_be_negative:
            self.fail("negative")
        return amount

    def to_representation(self, value: Decimal) -> str:
        return format(value, "f")


def minor_units(field: str, amount: Decimal, currency: str) -> int:
    """Minor units of an accepted amount; a fault is told under the name of its field."""
    try:
        return to_minor(amount, currency)
    except BrokenRule as error:
        raise BrokenRule({field: error}) from None


def micro_units(amount: Decimal) -> int:
    return int(amount * MICRO)


def currency_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=3, help_text=_("ISO 4217 code."), validators=[demand_currency], **options)


class BudgetLineOut(Output):
    currency = serializers.CharField(source="budget.currency")
    planned = MinorOut("planned_minor", "budget.currency")
    released = MinorOut("released_minor", "budget.currency")
    reserved = MinorOut("reserved_minor", "budget.currency")
    committed = MinorOut("committed_minor", "budget.currency")
    spent = MinorOut("spent_minor", "budget.currency")
    available = MinorOut("available_minor", "budget.currency")

    class Meta:
        model = BudgetLine
        fields = [
            "id",
            "category",
            "currency",
            "policy",
            "planned",
            "released",
            "reserved",
            "committed",
            "spent",
            "available",
        ]


class VersionNumberOut(Output):
    class Meta:
        model = BudgetVersion
        fields = ["id", "number", "status", "reason", "made_at", "approved_at"]


class BudgetOut(Output):
    project = name_field("key")
    approved_by = name_field()
    lines = BudgetLineOut(many=True)
    versions = VersionNumberOut(many=True)

    class Meta:
        model = Budget
        fields = [
            "id",
            "project",
            "name",
            "currency",
            "approved_by",
            "approved_on",
            "is_metered",
            "lines",
            "versions",
        ]


class BudgetLineIn(Input):
    category = serializers.ChoiceField(BudgetLine.Category.choices)
    planned = AmountIn()


class BudgetIn(Input):
    project = project_field()
    name = serializers.CharField(max_length=80)
    currency = currency_field()
    on = serializers.DateField(default=timezone.localdate, help_text=_("Day of the approval; today when left out."))
    lines = BudgetLineIn(many=True, allow_empty=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Lines as the verb wants them: minor units by category, each category once."""
        lines: dict[str, int] = {}
        for number, line in enumerate(attrs["lines"]):
            if line["category"] in lines:
                raise _twice(f"lines.{number}.category", _("One line for each category."))
            lines[line["category"]] = minor_units(f"lines.{number}.planned", line["planned"], attrs["currency"])
        return {**attrs, "lines": lines}


class OpenBudgetIn(Input):
    project = project_field()
    name = serializers.CharField(max_length=80)
    currency = currency_field()


class LinePolicyIn(Input):
    category = serializers.ChoiceField(BudgetLine.Category.choices)
    policy = serializers.ChoiceField(
        BudgetLine.Policy.choices, help_text=_("What happens when the line is used up: stop, warn or ignore.")
    )


class TrancheAmountIn(Input):
    category = serializers.ChoiceField(BudgetLine.Category.choices)
    amount = AmountIn()


class TrancheIn(Input):
    station = serializers.ChoiceField(Station.choices)
    amounts = TrancheAmountIn(many=True, allow_empty=False)


class MeterIn(Input):
    tranches = TrancheIn(many=True, allow_empty=False)
    expires_on = serializers.DateField(
        default=None, allow_null=True, help_text=_("From that day on no gate releases what is still held.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Minor units by stage and category, each named once."""
        currency = self.context["budget"].currency
        tranches: dict[Station, dict[str, int]] = {}
        for number, tranche in enumerate(attrs["tranches"]):
            station, path = Station(tranche["station"]), f"tranches.{number}"
            if station in tranches:
                raise _twice(f"{path}.station", _("One tranche for each stage."))
            amounts = tranches.setdefault(station, {})
            for index, each in enumerate(tranche["amounts"]):
                if each["category"] in amounts:
                    raise _twice(f"{path}.amounts.{index}.category", _("One amount for each category."))
                amounts[each["category"]] = minor_units(f"{path}.amounts.{index}.amount", each["amount"], currency)
        return {**attrs, "tranches": tranches}


def _twice(field: str, text: Any) -> BrokenRule:
    return BrokenRule({field: BrokenRule(text, code="duplicate")})


class ReservationOut(Output):
    project = serializers.CharField(source="line.budget.project.key")
    category = serializers.CharField(source="line.category")
    currency = serializers.CharField(source="line.budget.currency")
    amount = MinorOut("amount_minor", "line.budget.currency")

    class Meta:
        model = Reservation
        fields = [
            "id",
            "project",
            "line",
            "category",
            "currency",
            "amount",
            "status",
            "reference",
            "created_at",
            "ended_at",
        ]


class RateCardOut(Output):
    cpu_core_hour = MicroOut("cpu_core_hour_micro")
    gpu_hour = MicroOut("gpu_hour_micro")
    gib_hour = MicroOut("gib_hour_micro")
    kwh = MicroOut("kwh_micro")

    class Meta:
        model = RateCard
        fields = [
            "id",
            "name",
            "version",
            "currency",
            "valid_from",
            "valid_to",
            "recorded_at",
            "cpu_core_hour",
            "gpu_hour",
            "gib_hour",
            "kwh",
            "watt_per_core",
            "watt_per_gpu",
        ]


class RateCardIn(Input):
    name = serializers.CharField(max_length=80)
    currency = currency_field()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(
        default=None, allow_null=True, help_text=_("The first day on which it no longer counts.")
    )
    cpu_core_hour = AmountIn()
    gpu_hour = AmountIn()
    gib_hour = AmountIn()
    kwh = AmountIn()
    watt_per_core = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=Decimal(0))
    watt_per_gpu = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=Decimal(0))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for rate in ("cpu_core_hour", "gpu_hour", "gib_hour", "kwh"):
            attrs[f"{rate}_micro"] = micro_units(attrs.pop(rate))
        return attrs
