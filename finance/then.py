"""Money as it stood at a past moment, from the documents themselves, asked for many lines at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, TruncMonth
from django.utils import timezone

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    Commitment,
    LedgerEntry,
    PlanLine,
    Reservation,
    TrancheLine,
)
from finance.querysets import LedgerEntryQuerySet
from finance.sums import Sums
from people.models import AuditEntry
from people.trail import told_of

RESOLUTION = timedelta(microseconds=1)


def sums_then(lines: QuerySet[BudgetLine], before: datetime) -> dict[int, Sums]:
    """The sums of the lines of `lines_then` by their key, in ten queries, however many lines there are.

    A plan is that of the version in force then; before the first version, what the budget was approved with. It was
    released as a whole until the day from which tranches release it.
    """
    inside = lines.order_by().values("pk")
    budgets: dict[int, Any] = {row.pk: row for row in _budgets(inside, before)}
    planned, first = _planned(budgets.values()), _first_plans(budgets.values())
    tranches = TrancheLine.objects.filter(line__in=inside, tranche__released_at__lt=before)
    released, reserved = _by_line(tranches), _reserved(inside, before)
    orders, relief = _by_line(_orders(inside, before)), _by_line(_relief(inside, before), "commitment__line")
    spent = _by_line(posted_then(before).expenses().filter(line__in=inside))
    sums = {}
    for pk, key, category, minor in lines.order_by().values_list("pk", "budget", "category", "planned_minor"):
        if (budget := budgets.get(key)) is None:
            continue
        if budget.in_force:
            minor = planned.get((key, category), 0)
        elif budget.has_later:
            minor = first.get(key, {}).get(category, 0)
        sums[pk] = Sums(
            planned=minor,
            released=released.get(pk, 0) if budget.metered_then else minor,
            reserved=reserved.get(pk, 0),
            committed=orders.get(pk, 0) - relief.get(pk, 0),
            spent=spent.get(pk, 0),
        )
    return sums


def lines_then(lines: QuerySet[BudgetLine], before: datetime) -> QuerySet[BudgetLine]:
    """The lines of the budgets that had been approved before a moment."""
    return lines.filter(budget__in=budgets_then(Budget.objects.order_by(), before).values("pk"))


def budgets_then(budgets: QuerySet[Budget], before: datetime) -> QuerySet[Budget]:
    """The budgets that had been approved, with `metered_then`: the first plan of tranches says since when."""
    told = told_of("finance.budget", OuterRef("pk"), "plan_tranches")
    metered = Q(Exists(told.filter(at__lt=before)) | ~Exists(told), is_metered=True)
    is_metered = Case(When(metered, then=True), default=False, output_field=BooleanField())
    return budgets.filter(_approved(before)).annotate(metered_then=is_metered)


def months_then(lines: QuerySet | Iterable[int], before: datetime) -> QuerySet:
    """What was posted before a moment, with the `month` in which it took effect: the rows of MonthSpend, as of then."""
    rows = posted_then(before).expenses().filter(line__in=lines)
    return rows.annotate(month=TruncMonth("journal_entry__effective_on"))


def version_then(budget: OuterRef, before: datetime) -> QuerySet:
    """The version of a budget that was in force comes first: of those approved by then, the highest."""
    return BudgetVersion.objects.filter(budget=budget, approved_at__lt=before).order_by("-number")


def relief_then(commitment: OuterRef, before: datetime) -> QuerySet:
    """What actuals had taken off one order, as `total` in one row at most."""
    rows = posted_then(before).filter(commitment=commitment).order_by().values("commitment")
    return rows.annotate(total=Coalesce(Sum("amount_minor"), 0)).values("total")


def posted_then(before: datetime) -> LedgerEntryQuerySet:
    """The ledger as it was."""
    return LedgerEntry.objects.filter(journal_entry__posted_at__lt=before)


def _approved(before: datetime) -> Q:
    """Whether a budget was known to be approved: by the audit trail, or by its day where the trail is silent."""
    told = told_of("finance.budget", OuterRef("pk"), "approve_budget", "open_budget")
    by_day = Q(approved_on__lte=timezone.localdate(before - RESOLUTION))
    return Q(Exists(told.filter(at__lt=before))) | (by_day & Q(~Exists(told)))


def _budgets(lines: QuerySet, before: datetime) -> QuerySet[Budget]:
    """The budgets of some lines, with the version `in_force` and whether one was approved only later."""
    later = BudgetVersion.objects.filter(budget=OuterRef("pk"), approved_at__gte=before)
    rows = Budget.objects.filter(pk__in=BudgetLine.objects.filter(pk__in=lines).values("budget")).order_by()
    return budgets_then(rows, before).annotate(
        in_force=Subquery(version_then(OuterRef("pk"), before).values("pk")[:1]), has_later=Exists(later)
    )


def _planned(budgets: Iterable[Any]) -> dict[tuple[int, str], int]:
    """By budget and category what the versions in force plan."""
    versions = [budget.in_force for budget in budgets if budget.in_force]
    rows = PlanLine.objects.filter(version__in=versions).order_by().values("version__budget", "category")
    return {(row["version__budget"], row["category"]): row["minor"] for row in rows.annotate(minor=Sum("amount_minor"))}


def _first_plans(budgets: Iterable[Any]) -> dict[int, dict[str, int]]:
    """What budgets were approved with, before any version: only the audit trail keeps it."""
    keys = [str(row.pk) for row in budgets if row.has_later and not row.in_force]
    told = AuditEntry.objects.filter(subject_type="finance.budget", subject_id__in=keys, verb="approve_budget")
    return {int(entry.subject_id): entry.detail.get("lines", {}) for entry in told.order_by("pk")}


def _reserved(lines: QuerySet, before: datetime) -> dict[int, int]:
    """Reservations that were open, with the amount that they had: the first change since then names it."""
    told = AuditEntry.objects.filter(subject_type="finance.reservation", verb="change_reservation", at__gte=before)
    changes = told.filter(subject_id=Cast(OuterRef("pk"), CharField())).order_by("pk")
    before_it = Cast(KeyTextTransform("from_minor", "detail"), BigIntegerField())
    rows = Reservation.objects.filter(line__in=lines, created_at__lt=before)
    rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=before)).order_by()
    held: dict[int, int] = defaultdict(int)
    changed = Subquery(changes.values(minor=before_it)[:1])
    for line, minor in rows.values_list("line", Coalesce(changed, F("amount_minor"))):
        held[line] += minor
    return held


def _orders(lines: QuerySet, before: datetime) -> QuerySet:
    """Orders that had been made and not cancelled."""
    rows = Commitment.objects.filter(line__in=lines, created_at__lt=before)
    return rows.exclude(status=Commitment.Status.CANCELLED, ended_at__lt=before)


def _relief(lines: QuerySet, before: datetime) -> QuerySet:
    """What actuals had taken off those orders."""
    rows = posted_then(before).filter(commitment__line__in=lines)
    return rows.exclude(commitment__status=Commitment.Status.CANCELLED, commitment__ended_at__lt=before)


def _by_line(rows: QuerySet, line: str = "line") -> dict[int, int]:
    return dict(rows.order_by().values_list(line).annotate(minor=Sum("amount_minor")))
