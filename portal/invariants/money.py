"""What must hold for the ledger, and for every sum that stands beside it."""

from collections.abc import Iterator
from typing import cast

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    Commitment,
    FiscalPeriod,
    JournalEntry,
    LedgerEntry,
    MonthSpend,
    PlanLine,
    Reservation,
    TrancheLine,
)
from portal.invariants.breach import Breach


def ledger_balances() -> Iterator[Breach]:
    """The sides of every journal entry sum to zero, and so does the ledger in each currency."""
    for entry in JournalEntry.objects.annotate(total=Sum("entries__amount_minor")).filter(~Q(total=0) | Q(total=None)):
        yield Breach("ledger_balances", f"journal entry {entry.pk}", f"its sides sum to {entry.total}")
    sums = LedgerEntry.objects.values("journal_entry__currency").annotate(total=Sum("amount_minor")).filter(~Q(total=0))
    for row in sums:
        yield Breach("ledger_balances", row["journal_entry__currency"], f"the ledger sums to {row['total']}")


def entries_touch_own_currency() -> Iterator[Breach]:
    """An entry is in the currency of the budget that it charges."""
    wrong = LedgerEntry.objects.exclude(line=None).exclude(journal_entry__currency=F("line__budget__currency"))
    for entry in wrong:
        yield Breach("entries_touch_own_currency", f"ledger entry {entry.pk}", "another currency than its budget")


def lines_equal_recomputed() -> Iterator[Breach]:
    """What stands on a budget line is what its open documents and its ledger entries sum to."""
    held = _sums(Reservation.objects.filter(status=Reservation.Status.OPEN))
    owed = _sums(Commitment.objects.open(), "open_minor")
    spent = _sums(LedgerEntry.objects.expenses())
    for line in BudgetLine.objects.all():
        for name, kept, real in (
            ("reserved", line.reserved_minor, held.get(line.pk, 0)),
            ("committed", line.committed_minor, owed.get(line.pk, 0)),
            ("spent", line.spent_minor, spent.get(line.pk, 0)),
        ):
            if kept != real:
                yield Breach("lines_equal_recomputed", f"budget line {line.pk}", f"{name} {kept}, recomputed {real}")


def _sums(rows: QuerySet, column: str = "amount_minor") -> dict[int, int]:
    return dict(rows.values_list("line").annotate(total=Sum(column)).order_by())


def released_is_granted() -> Iterator[Breach]:
    """Released is what tranches have released of a metered budget, and what is planned of any other."""
    granted = _sums(TrancheLine.objects.filter(tranche__released_at__isnull=False))
    for line in BudgetLine.objects.select_related("budget"):
        due = granted.get(line.pk, 0) if line.budget.is_metered else line.planned_minor
        if line.released_minor != due:
            yield Breach("released_is_granted", f"budget line {line.pk}", f"released {line.released_minor}, due {due}")


def months_equal_ledger() -> Iterator[Breach]:
    """The spending of each line and month is what the ledger entries that took effect in it sum to."""
    rows = LedgerEntry.objects.expenses().annotate(month=TruncMonth("journal_entry__effective_on"))
    real = {row[:2]: row[2] for row in rows.values_list("line", "month").annotate(Sum("amount_minor")).order_by()}
    kept = {(row.line_id, row.month): row.amount_minor for row in MonthSpend.objects.all()}
    for line, month in sorted(real.keys() | kept.keys()):
        stands, due = kept.get((line, month), 0), real.get((line, month), 0)
        if stands != due:
            yield Breach("months_equal_ledger", f"budget line {line}", f"{month:%Y-%m} {stands}, recomputed {due}")


def commitments_equal_relief() -> Iterator[Breach]:
    """What is open of an order is its amount less what actuals have relieved; nothing once it was cancelled."""
    relieved = Sum("ledger_entries__amount_minor", default=0)
    for order in Commitment.objects.annotate(relieved=relieved).order_by():
        is_cancelled = order.status == Commitment.Status.CANCELLED
        due = 0 if is_cancelled else order.amount_minor - order.relieved
        if order.open_minor != due or (not is_cancelled and (due == 0) != (order.status == order.Status.RELIEVED)):
            fact = f"{order.status} with {order.open_minor} open, recomputed {due}"
            yield Breach("commitments_equal_relief", f"commitment {order.pk}", fact)
    for entry in LedgerEntry.objects.exclude(commitment=None).exclude(line=F("commitment__line")):
        yield Breach("commitments_equal_relief", f"ledger entry {entry.pk}", "relieves an order of another line")
    for held in Reservation.objects.filter(status=Reservation.Status.OPEN, commitment__isnull=False):
        yield Breach("commitments_equal_relief", f"reservation {held.pk}", "is open beside the order made of it")


def closed_periods_stand() -> Iterator[Breach]:
    """No entry took effect in a period that was closed before the entry was posted; periods do not overlap."""
    shut = FiscalPeriod.objects.filter(
        status=FiscalPeriod.Status.CLOSED,
        starts_on__lte=OuterRef("effective_on"),
        ends_on__gt=OuterRef("effective_on"),
        closed_at__lt=OuterRef("posted_at"),
    )
    for entry in JournalEntry.objects.filter(Exists(shut)):
        fact = f"posted at {entry.posted_at:%Y-%m-%d %H:%M} into a period closed before"
        yield Breach("closed_periods_stand", f"journal entry {entry.pk}", fact)
    later = FiscalPeriod.objects.filter(starts_on__gt=OuterRef("starts_on"), starts_on__lt=OuterRef("ends_on"))
    for period in FiscalPeriod.objects.filter(Exists(later)):
        yield Breach("closed_periods_stand", f"period {period}", "overlaps the next one")


def plans_control() -> Iterator[Breach]:
    """One version of a plan is in force once any was approved, and the control lines of the budget are its sums."""
    in_force = Count("versions", filter=Q(versions__status=BudgetVersion.Status.APPROVED))
    decided = Count("versions", filter=~Q(versions__status=BudgetVersion.Status.DRAFT))
    planned = {
        row[:2]: row[2]
        for row in PlanLine.objects.filter(version__status=BudgetVersion.Status.APPROVED)
        .values_list("version__budget", "category")
        .annotate(Sum("amount_minor"))
        .order_by()
    }
    budgets = Budget.objects.annotate(in_force=in_force, decided=decided).filter(decided__gt=0)
    for budget in budgets.prefetch_related("lines"):
        if budget.in_force != 1:
            yield Breach("plans_control", f"budget {budget.pk}", f"{budget.in_force} versions are in force")
        for line in budget.lines.all():
            due = planned.pop((budget.pk, line.category), 0)
            if line.planned_minor != due:
                fact = f"planned {line.planned_minor}, its version {due}"
                yield Breach("plans_control", f"budget line {line.pk}", fact)
    for (budget_pk, category), due in planned.items():
        if due:
            yield Breach("plans_control", f"budget {budget_pk}", f"{category} is planned at {due} and has no line")


def reversals_mirror() -> Iterator[Breach]:
    """A reversal takes back its entry side by side, in its currency, and nothing else."""
    for entry in JournalEntry.objects.filter(reverses__isnull=False).select_related("reverses"):
        original = cast(JournalEntry, entry.reverses)
        if _sides(original, -1) != _sides(entry, 1) or entry.currency != original.currency:
            yield Breach("reversals_mirror", f"journal entry {entry.pk}", f"is no mirror of {original.pk}")


def _sides(entry: JournalEntry, sign: int) -> list[tuple[str, int, int, int, str, int]]:
    return sorted(
        (
            side.account,
            side.line_id or 0,
            side.commitment_id or 0,
            side.cost_centre_id or 0,
            side.station,
            sign * side.amount_minor,
        )
        for side in LedgerEntry.objects.filter(journal_entry=entry)
    )
