"""A rate card that comes late: what it would change about jobs that are charged, and the adjustments that say so.

What a job was charged stays the price that it was promised at; the difference is an adjustment beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import FiscalPeriod, JournalEntry, LedgerEntry, RateCard
from finance.services.journal import post_actual
from finance.services.late_rate import EffectRow
from finance.services.period import demand_open
from finance.services.rates import Usage, price
from people.models import User
from people.services import record_audit
from trainingjobs.adjustments import SOURCE
from trainingjobs.models import TrainingJob

OWN = Subquery(  # what was posted for a job
    LedgerEntry.objects.expenses()
    .filter(journal_entry=OuterRef("charge"))
    .values("journal_entry")
    .annotate(total=Sum("amount_minor"))
    .values("total")
)


@dataclass(frozen=True)
class CardEffect:
    """What a late card changes about jobs that are charged, by period and project."""

    card: RateCard
    rows: tuple[EffectRow, ...]

    @property
    def entries(self) -> int:
        return sum(row.entries for row in self.rows)

    @property
    def difference_minor(self) -> int:
        return sum(row.difference_minor for row in self.rows)

    @property
    def touches_closed(self) -> bool:
        return any(row.is_closed for row in self.rows)


@dataclass(frozen=True)
class _Change:
    """One job with what stands posted for it and what the card makes of it."""

    job: TrainingJob
    posted_minor: int
    due_minor: int


def card_effect(card: RateCard) -> CardEffect:
    """What posting the differences of a late card would change, before anybody decides on it."""
    periods = list(FiscalPeriod.objects.order_by("starts_on"))
    sums: dict[tuple[date, str, str], EffectRow] = {}
    for change in _changes(card):
        row = _row_of(change, periods)
        key = (_charged(change.job).effective_on.replace(day=1), row.project_key, row.period)
        sums[key] = row.plus(sums[key]) if key in sums else row
    return CardEffect(card, tuple(sums[key] for key in sorted(sums)))


def _row_of(change: _Change, periods: list[FiscalPeriod]) -> EffectRow:
    """One job as a row of its own, to be summed."""
    job, day = change.job, _charged(change.job).effective_on
    period = next((each for each in periods if each.starts_on <= day < each.ends_on), None)
    return EffectRow(
        period=period.name if period else f"{day:%Y-%m}",
        is_closed=period is not None and period.status == FiscalPeriod.Status.CLOSED,
        project_key=job.project.key,
        project_title=job.project.title,
        currency=job.rate_card.currency,
        entries=1,
        minutes=round(job.cpu_core_seconds + job.gpu_seconds) // 60,
        posted_minor=change.posted_minor,
        due_minor=change.due_minor,
    )


@transaction.atomic
def adjust_for_card(*, card: RateCard, effective_on: date, at: datetime, by: User | None) -> list[JournalEntry]:
    """Post what a late card changes as adjustments on an open day, once for each job. Closed periods stay."""
    demand_open(effective_on, by=by)
    RateCard.objects.select_for_update().get(pk=card.pk)
    posted = [
        post_actual(
            line=change.job.reservation.line,
            amount_minor=change.due_minor - change.posted_minor,
            memo=_("Late rate card %(card)s of %(job)s") % {"card": card, "job": change.job.name},
            source=SOURCE,
            external_id=f"{card.pk}/{change.job.pk}",
            effective_on=effective_on,
            at=at,
            by=by,
            rate_card=card,
            kind=JournalEntry.Kind.ADJUSTMENT,
        )
        for change in sorted(_changes(card), key=lambda change: change.job.reservation.line_id)
    ]
    if posted:
        detail = {"on": effective_on.isoformat(), "entries": len(posted)}
        record_audit(verb="adjust_for_card", subject=card, by=by, detail=detail)
    return posted


def _changes(card: RateCard) -> Iterator[_Change]:
    """Jobs submitted on days on which this card counts, where another amount stands; what was reversed stays out."""
    counts = cache(lambda day: RateCard.objects.in_force(day) == card)
    adjusted, done = _adjusted(card)
    jobs = (
        TrainingJob.objects.filter(charge__isnull=False, charge__reversed_by=None, rate_card__currency=card.currency)
        .exclude(rate_card=card)
        .filter(submitted_at__gte=_begin_of(card.valid_from))
        .select_related("project", "rate_card", "charge", "reservation__line__budget")
        .annotate(own_minor=OWN)
        .order_by("pk")
    )
    for job in jobs.iterator(chunk_size=2000):
        if str(job.pk) in done or not counts(timezone.localdate(job.submitted_at)):
            continue
        usage = Usage(cpu_core_seconds=job.cpu_core_seconds, gpu_seconds=job.gpu_seconds, gib_seconds=job.gib_seconds)
        due, posted = price(card, usage).minor, job.own_minor + adjusted.get(str(job.pk), 0)
        if posted != due:
            yield _Change(job, posted, due)


def _adjusted(card: RateCard) -> tuple[dict[str, int], set[str]]:
    """What late cards have changed for each job, as far as nobody took it back; the jobs that this one has changed."""
    sums: dict[str, int] = {}
    done: set[str] = set()
    expenses = LedgerEntry.objects.expenses().filter(journal_entry__source=SOURCE)
    facts = ("journal_entry__external_id", "journal_entry__reversed_by", "amount_minor")
    for external_id, reversal, minor in expenses.values_list(*facts):
        by_card, _slash, job = external_id.partition("/")
        if by_card == str(card.pk):
            done.add(job)
        if reversal is None:
            sums[job] = sums.get(job, 0) + minor
    return sums, done


def _charged(job: TrainingJob) -> JournalEntry:
    assert job.charge  # noqa: S101  only such jobs are read
    return job.charge


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
