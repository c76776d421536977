"""Money as it stood at a past moment, from the documents themselves; the sums beside the plan are those of today."""

from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, TruncMonth
from django.utils import timezone

from finance.models import BudgetLine, BudgetVersion, Commitment, LedgerEntry, PlanLine, Reservation, TrancheLine
from finance.querysets import BudgetLineQuerySet, LedgerEntryQuerySet
from people.models import AuditEntry

RESOLUTION = timedelta(microseconds=1)
NOW, THEN = "minor", "then"  # how the columns of a line end: kept, and as lines_then() works them out


def lines_then(lines: BudgetLineQuerySet, before: datetime) -> BudgetLineQuerySet:
    """The lines of the budgets approved before a moment, with `planned_then`, `released_then` and so on.

    A plan is that of the version in force then; before the first version, what the budget was approved with.
    """
    approved = Q(budget__approved_on__lte=timezone.localdate(before - RESOLUTION)) | Exists(
        _told("finance.budget", OuterRef("budget"), "approve_budget", "open_budget").filter(at__lt=before)
    )
    return lines.filter(approved).annotate(
        planned_then=_planned(before),
        released_then=Case(
            When(
                budget__is_metered=True,
                then=_sum(TrancheLine.objects.filter(line=OuterRef("pk"), tranche__released_at__lt=before)),
            ),
            default=F("planned_then"),
            output_field=BigIntegerField(),
        ),
        reserved_then=_sum(_reserved(before), "held_minor"),
        committed_then=_sum(_orders(before)) - _sum(_relief(before), by="commitment__line"),
        spent_then=_sum(posted_then(before).expenses().filter(line=OuterRef("pk"))),
    )


def months_then(lines: QuerySet, before: datetime) -> QuerySet:
    """What was posted before a moment, with the `month` in which it took effect: the rows of MonthSpend, as of then."""
    rows = posted_then(before).expenses().filter(line__in=lines)
    return rows.annotate(month=TruncMonth("journal_entry__effective_on"))


def version_then(budget: OuterRef, before: datetime) -> QuerySet:
    """The version of a budget that was in force comes first: of those approved by then, the highest."""
    return BudgetVersion.objects.filter(budget=budget, approved_at__lt=before).order_by("-number")


def posted_then(before: datetime) -> LedgerEntryQuerySet:
    """The ledger as it was."""
    return LedgerEntry.objects.filter(journal_entry__posted_at__lt=before)


def _planned(before: datetime) -> Case:
    in_force = version_then(OuterRef("budget"), before)
    of_lines = version_then(OuterRef(OuterRef("budget")), before).values("pk")[:1]
    planned = PlanLine.objects.filter(category=OuterRef("category"), version=Subquery(of_lines))
    return Case(
        When(Exists(in_force), then=_sum(planned, by="version")),
        When(Exists(BudgetVersion.objects.filter(budget=OuterRef("budget"), approved_at__gte=before)), then=_first()),
        default=F("planned_minor"),
        output_field=BigIntegerField(),
    )


def _first() -> Case:
    """What a line was approved with, before any version: only the audit trail keeps it."""
    told = _told("finance.budget", OuterRef("budget"), "approve_budget")
    return Case(
        *(
            When(
                category=category,
                then=Coalesce(
                    Subquery(told.values(minor=_number(category, KeyTransform("lines", "detail")))[:1]),
                    0,
                    output_field=BigIntegerField(),
                ),
            )
            for category in BudgetLine.Category.values
        ),
        default=0,
        output_field=BigIntegerField(),
    )


def _reserved(before: datetime) -> QuerySet:
    """Reservations that were open, with the amount that they had: the first change since then names it."""
    changes = _told("finance.reservation", OuterRef("pk"), "change_reservation").filter(at__gte=before).order_by("pk")
    rows = Reservation.objects.filter(line=OuterRef("pk"), created_at__lt=before)
    return rows.filter(Q(ended_at=None) | Q(ended_at__gte=before)).annotate(
        held_minor=Coalesce(Subquery(changes.values(minor=_number("from_minor", "detail"))[:1]), F("amount_minor"))
    )


def _orders(before: datetime) -> QuerySet:
    """Orders that had been made and not cancelled."""
    rows = Commitment.objects.filter(line=OuterRef("pk"), created_at__lt=before)
    return rows.exclude(status=Commitment.Status.CANCELLED, ended_at__lt=before)


def _relief(before: datetime) -> QuerySet:
    """What actuals had taken off those orders."""
    rows = posted_then(before).filter(commitment__line=OuterRef("pk"))
    return rows.exclude(commitment__status=Commitment.Status.CANCELLED, commitment__ended_at__lt=before)


def _told(kind: str, key: OuterRef, *verbs: str) -> QuerySet:
    """The audit entries of one row."""
    return AuditEntry.objects.filter(subject_type=kind, subject_id=Cast(key, CharField()), verb__in=verbs)


def _number(name: str, where: str | KeyTransform) -> Cast:
    return Cast(KeyTextTransform(name, where), BigIntegerField())


def _sum(rows: QuerySet, column: str = "amount_minor", by: str = "line") -> Coalesce:
    summed = rows.order_by().values(by).annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(summed), 0, output_field=BigIntegerField())
