"""Money as it stood at a past moment, from the documents themselves; the sums beside the plan are those of today."""

from datetime import datetime, timedelta

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
from django.db.models.fields.json import KeyTextTransform, KeyTransform
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
from finance.querysets import BudgetLineQuerySet, LedgerEntryQuerySet
from people.models import AuditEntry
from people.trail import told_of

RESOLUTION = timedelta(microseconds=1)
NOW, THEN = "minor", "then"  # how the columns of a line end: kept, and as lines_then() works them out


def lines_then(lines: BudgetLineQuerySet, before: datetime) -> BudgetLineQuerySet:
    """The lines of the budgets approved before a moment, with `planned_then`, `released_then` and so on.

    A plan is that of the version in force then; before the first version, what the budget was approved with. It was
    released as a whole until the day from which tranches release it.
    """
    return lines.filter(_approved(before, "budget", "budget__approved_on")).annotate(
        planned_then=_planned(before),
        released_then=Case(
            When(
                _metered(before),
                then=_sum(TrancheLine.objects.filter(line=OuterRef("pk"), tranche__released_at__lt=before)),
            ),
            default=F("planned_then"),
            output_field=BigIntegerField(),
        ),
        reserved_then=_sum(_reserved(before), "held_minor"),
        committed_then=_sum(_orders(before)) - _sum(_relief(before), by="commitment__line"),
        spent_then=_sum(posted_then(before).expenses().filter(line=OuterRef("pk"))),
    )


def budgets_then(budgets: QuerySet[Budget], before: datetime) -> QuerySet[Budget]:
    """The budgets that had been approved, with `metered_then`."""
    is_metered = Case(When(_metered(before, "pk", "is_metered"), then=True), default=False, output_field=BooleanField())
    return budgets.filter(_approved(before, "pk", "approved_on")).annotate(metered_then=is_metered)


def months_then(lines: QuerySet, before: datetime) -> QuerySet:
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


def _approved(before: datetime, key: str, approved_on: str) -> Q:
    """Whether a budget was known to be approved: by the audit trail, or by its day where the trail is silent."""
    told = told_of("finance.budget", OuterRef(key), "approve_budget", "open_budget")
    by_day = Q(**{f"{approved_on}__lte": timezone.localdate(before - RESOLUTION)})
    return Q(Exists(told.filter(at__lt=before))) | (by_day & Q(~Exists(told)))


def _metered(before: datetime, key: str = "budget", is_metered: str = "budget__is_metered") -> Q:
    """Whether tranches released the budget then: the first plan of tranches says since when."""
    told = told_of("finance.budget", OuterRef(key), "plan_tranches")
    return Q(Exists(told.filter(at__lt=before)) | ~Exists(told), **{is_metered: True})


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
