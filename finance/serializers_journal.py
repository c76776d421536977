"""The REST face of the journal: entries with their sides, actuals, orders, periods and control totals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as BrokenRule
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.models import BudgetLine, Commitment, CostCentre, FiscalPeriod, JournalEntry, LedgerEntry, Reservation
from finance.serializers import AMOUNT, AmountIn, MinorOut, currency_field, minor_units
from finance.services.journal import EntryDraft, SideDraft
from finance.services.period import EARLIEST, LATEST
from people.models import User
from people.serializers import Input, Output, VisibleKeyField, name_field, person_field
from people.serializers_employment import number_field, source_field
from projects.models import Station

MOST_ENTRIES, MOST_SIDES = 1_000, 100
MOST_MONTHS = 120
POSTED_BY_HAND = [JournalEntry.Kind.ACTUAL, JournalEntry.Kind.ACCRUAL, JournalEntry.Kind.ADJUSTMENT]


@extend_schema_field({"type": "string", "pattern": AMOUNT, "examples": ["-1234.50"]})
class SignedAmountIn(AmountIn):
    """An amount that may be negative: debit positive, credit negative."""

    may_be_negative = True


class LineField(VisibleKeyField):
    """A budget line that the client may see."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=BudgetLine.objects.select_related("budget__project"), **options)


def centre_field(**options: Any) -> serializers.SlugRelatedField:
    return serializers.SlugRelatedField(
        slug_field="code", queryset=CostCentre.objects.all(), help_text=_("Code of the cost centre."), **options
    )


class SideOut(Output):
    project = serializers.CharField(source="line.budget.project.key", default=None, allow_null=True)
    category = serializers.CharField(source="line.category", default=None, allow_null=True)
    cost_centre = name_field("code", allow_null=True)
    amount = MinorOut("amount_minor", "journal_entry.currency")

    class Meta:
        model = LedgerEntry
        fields = ["account", "line", "project", "category", "commitment", "cost_centre", "station", "amount"]


class JournalEntryOut(Output):
    posted_by = name_field(allow_null=True)
    transaction_amount = MinorOut("transaction_minor", "transaction_currency")
    reversed_by = serializers.IntegerField(source="reversed_by.pk", default=None, allow_null=True)
    sides = SideOut(source="entries", many=True)

    class Meta:
        model = JournalEntry
        fields = [
            "id",
            "kind",
            "source",
            "external_id",
            "posted_at",
            "effective_on",
            "currency",
            "memo",
            "transaction_currency",
            "transaction_amount",
            "exchange_rate",
            "budget_rate",
            "posted_by",
            "reverses",
            "reversed_by",
            "sides",
        ]


class SideIn(Input):
    account = serializers.ChoiceField(LedgerEntry.Account.choices)
    amount = SignedAmountIn(help_text=_("Debit positive, credit negative."))
    line = serializers.IntegerField(default=None, allow_null=True, help_text=_("Budget line; none for clearing."))
    cost_centre = serializers.CharField(default=None, allow_null=True, max_length=20)
    station = serializers.ChoiceField(Station.choices, default="", allow_blank=True)
    commitment = serializers.IntegerField(default=None, allow_null=True, help_text=_("The order that it relieves."))


class DraftIn(Input):
    external_id = number_field()
    effective_on = serializers.DateField()
    currency = currency_field()
    memo = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(POSTED_BY_HAND, default=JournalEntry.Kind.ACTUAL)
    sides = SideIn(many=True, min_length=2, max_length=MOST_SIDES)  # type: ignore[call-arg]


class JournalEntryIn(DraftIn):
    source = source_field()  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        source = attrs.pop("source")
        faults, (draft,) = read_drafts([attrs], self.context["request"].user)
        demand_no_fault({path.partition(".")[2].partition(".")[2]: each for path, each in faults.items()})
        return {"source": source, "entries": [draft]}


class BatchIn(Input):
    source = source_field()  # type: ignore[assignment]
    entries = DraftIn(many=True, min_length=1, max_length=MOST_ENTRIES)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        faults, drafts = read_drafts(attrs["entries"], self.context["request"].user)
        demand_no_fault(faults)
        return {"source": attrs["source"], "entries": drafts}


def demand_no_fault(faults: Mapping[str, BrokenRule]) -> None:
    if faults:
        raise BrokenRule(dict(faults))


def read_drafts(
    entries: Sequence[Mapping[str, Any]], user: User
) -> tuple[dict[str, BrokenRule], list[EntryDraft | None]]:
    """Drafts with their rows, all of them looked up together, and the faults by their path."""
    sides = [side for entry in entries for side in entry["sides"]]
    lines = BudgetLine.objects.visible_to(user).select_related("budget__project")
    known = {
        "line": _named(lines, "pk", (side["line"] for side in sides)),
        "commitment": _named(Commitment.objects.visible_to(user), "pk", (side["commitment"] for side in sides)),
        "cost_centre": _named(CostCentre.objects.all(), "code", (side["cost_centre"] for side in sides)),
    }
    faults: dict[str, BrokenRule] = {}
    return faults, [_draft(entry, f"entries.{index}", known, faults) for index, entry in enumerate(entries)]


def _named(rows: models.QuerySet, column: str, wanted: Iterable[Any]) -> dict[Any, Any]:
    names = {name for name in wanted if name is not None and not (isinstance(name, int) and abs(name) >= 2**63)}
    return {getattr(row, column): row for row in rows.filter(**{f"{column}__in": names})} if names else {}


def _draft(
    entry: Mapping[str, Any], path: str, known: Mapping[str, Mapping[Any, Any]], faults: dict[str, BrokenRule]
) -> EntryDraft | None:
    """One entry as the verb wants it; None when a side names what there is not."""
    before, sides = len(faults), []
    for number, side in enumerate(entry["sides"]):
        here = f"{path}.sides.{number}"
        rows = {field: _row(side[field], f"{here}.{field}", known[field], faults) for field in known}
        amount = _minor(side["amount"], entry["currency"], f"{here}.amount", faults)
        sides.append(SideDraft(account=side["account"], amount_minor=amount, station=side["station"], **rows))
    facts = {name: entry[name] for name in ("external_id", "effective_on", "currency", "memo", "kind")}
    return EntryDraft(sides=sides, **facts) if len(faults) == before else None


def _row(name: Any, path: str, known: Mapping[Any, Any], faults: dict[str, BrokenRule]) -> Any:
    if name is not None and name not in known:
        faults[path] = BrokenRule(_("There is no such row that you may see."), code="does_not_exist")
    return known.get(name)


def _minor(amount: Decimal, currency: str, path: str, faults: dict[str, BrokenRule]) -> int:
    try:
        return minor_units(path, amount, currency)
    except BrokenRule as fault:
        faults[path] = fault.error_dict[path][0]
        return 0


class PostedOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk", read_only=True)
    external_id = serializers.CharField(read_only=True)


class BatchOut(serializers.Serializer):
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]
    posted = serializers.IntegerField(read_only=True)
    entries = PostedOut(many=True, read_only=True)


class ReverseIn(Input):
    memo = serializers.CharField(max_length=200, help_text=_("Why it is taken back."))
    effective_on = serializers.DateField(default=timezone.localdate, help_text=_("A day of an open period."))


class _DocumentIn(Input):
    """What an order and an actual share: an amount of the budget, or one of a document in another currency."""

    source = source_field()  # type: ignore[assignment]
    external_id = number_field()
    line = LineField()
    memo = serializers.CharField(max_length=200)
    amount = AmountIn(required=False, help_text=_("In the currency of the budget; left out for a foreign document."))
    transaction_currency = currency_field(required=False, default="")
    transaction_amount = AmountIn(required=False, help_text=_("What stands on a foreign document."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        amount, foreign = attrs.pop("amount", None), attrs.pop("transaction_amount", None)
        if amount is None and foreign is None:
            raise serializers.ValidationError({"amount": _("Say an amount.")}, code="required")
        own = attrs["line"].budget.currency
        currency = attrs["transaction_currency"] or own
        attrs["amount_minor"] = None if amount is None else minor_units("amount", amount, own)
        attrs["transaction_minor"] = None if foreign is None else minor_units("transaction_amount", foreign, currency)
        return attrs


class ActualIn(_DocumentIn):
    effective_on = serializers.DateField(default=timezone.localdate)
    kind = serializers.ChoiceField(POSTED_BY_HAND, default=JournalEntry.Kind.ACTUAL)
    commitment = VisibleKeyField(
        queryset=Commitment.objects.all(), default=None, allow_null=True, help_text=_("The order that it relieves.")
    )
    cost_centre = centre_field(default=None, allow_null=True)
    station = serializers.ChoiceField(Station.choices, default="", allow_blank=True)


class _ReservationField(VisibleKeyField):
    def get_queryset(self) -> Any:
        return Reservation.objects.filter(line__in=BudgetLine.objects.visible_to(self.context["request"].user))


class CommitmentIn(_DocumentIn):
    supplier = serializers.CharField(max_length=120)
    reservation = _ReservationField(
        queryset=Reservation.objects.all(), default=None, allow_null=True, help_text=_("The one that it relieves.")
    )
    is_cancellable = serializers.BooleanField(default=True)


class CommitmentOut(Output):
    """An order. What rates alone changed is posted apart: until the order, and since it."""

    project = serializers.CharField(source="line.budget.project.key")
    category = serializers.CharField(source="line.category")
    currency = serializers.CharField(source="line.budget.currency")
    amount = MinorOut("amount_minor", "line.budget.currency")
    open = MinorOut("open_minor", "line.budget.currency")
    transaction_amount = MinorOut("transaction_minor", "transaction_currency")
    budgeted = MinorOut("budgeted_minor", "line.budget.currency")
    variance_until_order = MinorOut("variance_until_order", "line.budget.currency")
    variance_since_order = MinorOut("variance_since_order", "line.budget.currency")

    class Meta:
        model = Commitment
        fields = [
            "id",
            "source",
            "external_id",
            "project",
            "line",
            "category",
            "supplier",
            "memo",
            "currency",
            "amount",
            "open",
            "transaction_currency",
            "transaction_amount",
            "exchange_rate",
            "budget_rate",
            "budgeted",
            "variance_until_order",
            "variance_since_order",
            "reservation",
            "is_cancellable",
            "status",
            "created_at",
            "ended_at",
        ]


class FiscalPeriodOut(Output):
    closed_by = name_field(allow_null=True)

    class Meta:
        model = FiscalPeriod
        fields = ["name", "starts_on", "ends_on", "status", "closed_at", "closed_by"]
        extra_kwargs = {
            "ends_on": {"help_text": _("The day after the last one: a period to 31 August ends on 1 September.")}
        }


class OpenPeriodsIn(Input):
    first = serializers.DateField(help_text=_("A day of the first month."))
    months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, help_text=_("How many calendar months."))

    def validate_first(self, first: date) -> date:
        if not EARLIEST <= first < LATEST:
            text = _("Name a day from %(first)s on and before %(last)s.")
            raise BrokenRule(text, code="out_of_range", params={"first": EARLIEST, "last": LATEST})
        return first


class PeriodStatusIn(Input):
    status = serializers.ChoiceField(FiscalPeriod.Status.choices, help_text=_("Closed is for ever."))


class ControlTotalOut(serializers.Serializer):
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]
    currency = serializers.CharField(read_only=True)
    entries = serializers.IntegerField(read_only=True)
    debit = MinorOut("debit_minor")
    credit = MinorOut("credit_minor")


class CostCentreOut(Output):
    parent = name_field("code", allow_null=True)  # type: ignore[assignment]
    owner = name_field()

    class Meta:
        model = CostCentre
        fields = ["id", "code", "name", "parent", "owner", "valid_from", "valid_to"]


class CostCentreIn(Input):
    code = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=120)
    owner = person_field()
    parent = centre_field(default=None, allow_null=True)  # type: ignore[assignment]
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(
        default=None, allow_null=True, help_text=_("The first day on which it no longer counts.")
    )
