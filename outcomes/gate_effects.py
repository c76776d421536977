"""What each outcome of a gate would do, in numbers, before anybody decides: the same rows that the verb will change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from finance.models import Commitment, FundingTranche, JournalEntry, LedgerEntry, Reservation
from outcomes import wording
from outcomes.models import GateReview
from projects.models import Allocation, Project
from trainingjobs.models import TrainingJob

Amounts = dict[str, int]  # minor units by currency


@dataclass(frozen=True)
class Undone:
    """So many rows of one kind that an end of the project would close, and their money."""

    count: int
    amounts: Amounts

    @property
    def money(self) -> str:
        return money_of(self.amounts)


@dataclass(frozen=True)
class Closing:
    """What an end of the project would close, and what stays."""

    jobs: int
    reservations: Undone
    commitments: Undone
    kept_commitments: Undone
    accruals: Undone
    people: int


@dataclass(frozen=True)
class Prospect(Closing):
    """What a go would open and what a kill would close."""

    tranche: Amounts

    @property
    def tranche_money(self) -> str:
        return money_of(self.tranche)


def money_of(amounts: Amounts) -> str:
    """EUR 12.34, and each further currency by itself: currencies are never added up."""
    return ", ".join(wording.money(minor, currency) for currency, minor in sorted(amounts.items()))


def amounts_of(pairs: Iterable[tuple[str, int]]) -> Amounts:
    amounts: Amounts = {}
    for currency, minor in pairs:
        amounts[currency] = amounts.get(currency, 0) + minor
    return amounts


def tranches_held(project: Project, station: str) -> QuerySet[FundingTranche]:
    """The tranches that a go at the gate before this station would release."""
    held = FundingTranche.objects.filter(budget__project=project, budget__is_metered=True, station=station)
    return held.filter(released_at=None).select_related("budget").prefetch_related("lines").order_by("pk")


def tranche_amounts(reviews: Sequence[GateReview]) -> dict[int, Amounts]:
    """What a go would release, for many reviews in two queries."""
    projects = {review.project_id for review in reviews}
    held = FundingTranche.objects.filter(budget__project__in=projects, budget__is_metered=True, released_at=None)
    found: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for tranche in held.select_related("budget").prefetch_related("lines"):
        pairs = found.setdefault((tranche.budget.project_id, tranche.station), [])
        pairs += [(tranche.budget.currency, line.amount_minor) for line in tranche.lines.all()]
    return {review.pk: amounts_of(found.get((review.project_id, review.gate.station), ())) for review in reviews}


def unfinished_jobs(project: Project) -> QuerySet[TrainingJob]:
    return TrainingJob.objects.filter(project=project).unfinished().order_by("number")


def open_reservations(project: Project) -> QuerySet[Reservation]:
    """Money held that no job speaks for: a job gives back its own when it ends."""
    held = Reservation.objects.filter(line__budget__project=project, status=Reservation.Status.OPEN, job=None)
    return held.select_related("line__budget").order_by("pk")


def open_commitments(project: Project, again: Iterable[int] = ()) -> QuerySet[Commitment]:
    """What is owed to suppliers, and what would be owed `again` once its accruals are reversed."""
    owed = Commitment.objects.filter(Q(status=Commitment.Status.OPEN) | Q(pk__in=again), line__budget__project=project)
    return owed.select_related("line__budget").order_by("pk")


def owed_again(accruals: Sequence[JournalEntry]) -> dict[int, int]:
    """What the reversal of accruals opens of their orders, in minor units."""
    sides = LedgerEntry.objects.filter(journal_entry__in=accruals, commitment__isnull=False)
    standing = sides.exclude(commitment__status=Commitment.Status.CANCELLED)
    return dict(standing.values_list("commitment").annotate(Sum("amount_minor")).order_by())


def open_accruals(project: Project) -> QuerySet[JournalEntry]:
    """Accruals of this project alone that nobody has reversed."""
    sides = LedgerEntry.objects.filter(journal_entry=OuterRef("pk"), line__isnull=False)
    mine = sides.filter(line__budget__project=project)
    accruals = JournalEntry.objects.filter(kind=JournalEntry.Kind.ACCRUAL, reversed_by=None)
    return accruals.filter(Exists(mine), ~Exists(sides.exclude(line__budget__project=project))).order_by("pk")


def held_people(project: Project, day: date) -> QuerySet[Allocation]:
    """Allocations that go on after that day."""
    goes_on = Q(valid_to=None) | Q(valid_to__gt=day) & Q(valid_to__gt=F("valid_from"))
    return Allocation.objects.filter(goes_on, project=project)


def accrual_amounts(entries: Sequence[JournalEntry]) -> Amounts:
    sides = LedgerEntry.objects.expenses().filter(journal_entry__in=entries)
    return amounts_of(sides.values_list("journal_entry__currency", "amount_minor"))


def closing_of(project: Project, status: str, on: date) -> Closing:
    """What the page says before an end: accruals and orders go with a killed project, and stay with a completed one."""
    is_killed = status == Project.Status.KILLED
    accruals = list(open_accruals(project)) if is_killed else []
    again = owed_again(accruals)
    commitments = list(open_commitments(project, again))
    reservations = list(open_reservations(project))
    return Closing(
        jobs=unfinished_jobs(project).count(),
        reservations=Undone(
            len(reservations), amounts_of((each.line.budget.currency, each.amount_minor) for each in reservations)
        ),
        commitments=_sum_of([each for each in commitments if each.is_cancellable and is_killed], again),
        kept_commitments=_sum_of([each for each in commitments if not (each.is_cancellable and is_killed)], again),
        accruals=Undone(len(accruals), accrual_amounts(accruals)),
        people=held_people(project, on).count(),
    )


def prospect_of(review: GateReview, on: date) -> Prospect:
    """Everything the page says before the decision, in a number of queries that does not grow."""
    tranches = list(tranches_held(review.project, review.gate.station))
    released = ((each.budget.currency, line.amount_minor) for each in tranches for line in each.lines.all())
    return Prospect(**vars(closing_of(review.project, Project.Status.KILLED, on)), tranche=amounts_of(released))


def _sum_of(commitments: Sequence[Commitment], again: Mapping[int, int]) -> Undone:
    money = amounts_of((each.line.budget.currency, each.open_minor + again.get(each.pk, 0)) for each in commitments)
    return Undone(len(commitments), money)
