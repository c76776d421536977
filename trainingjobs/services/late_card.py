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
from django.utils.translation import ngettext

from finance.models import FiscalPeriod, JournalEntry, LedgerEntry, RateCard
from finance.services.journal import post_actual
from finance.services.late_rate import EffectRow
from finance.services.locks import hold_lines
from finance.services.period import demand_open
from finance.services.rates import Usage, price
from people.models import User
from people.services import record_audit
from trainingjobs.models import CardAdjustment, TrainingJob
from trainingjobs.querysets import TrainingJobQuerySet

SOURCE = "rate-card"
OWN = Subquery(  # what was posted for a job when it ended
    LedgerEntry.objects.expenses()
    .filter(journal_entry=OuterRef("charge"))
    .values("journal_entry")
    .annotate(total=Sum("amount_minor"))
    .values("total")
)
ADJUSTED = Subquery(  # and what late cards have changed since
    CardAdjustment.objects.standing()
    .filter(job=OuterRef("pk"))
    .order_by()
    .values("job")
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

    @property
    def difference_minor(self) -> int:
        return self.due_minor - self.posted_minor

    @property
    def day(self) -> date:
        """On which it was charged, or ended without a charge."""
        job = self.job
        return job.charge.effective_on if job.charge else timezone.localdate(job.finished_at)


def card_effect(card: RateCard) -> CardEffect:
    """What posting the differences of a late card would change, before anybody decides on it."""
    periods = list(FiscalPeriod.objects.order_by("starts_on"))
    sums: dict[tuple[date, str, str], EffectRow] = {}
    for change in _changes(card):
        row = _row_of(change, periods)
        key = (change.day.replace(day=1), row.project_key, row.period)
        sums[key] = row.plus(sums[key]) if key in sums else row
    return CardEffect(card, tuple(sums[key] for key in sorted(sums)))


def _row_of(change: _Change, periods: list[FiscalPeriod]) -> EffectRow:
    """One job as a row of its own, to be summed."""
    job, day = change.job, change.day
    period = next((each for each in periods if each.starts_on <= day < each.ends_on), None)
    return EffectRow(
        period=period.name if period else f"{day:%Y-%m}",
        is_closed=period is not None and period.status == FiscalPeriod.Status.CLOSED,
        project_key=job.project.key,
        project_title=job.project.title,
        currency=job.rate_card.currency,
        entries=1,
        posted_minor=change.posted_minor,
        due_minor=change.due_minor,
    )


@transaction.atomic
def adjust_for_card(*, card: RateCard, effective_on: date, at: datetime, by: User | None) -> list[JournalEntry]:
    """Post what a late card changes as adjustments on an open day, one for each line. Closed periods stay."""
    demand_open(effective_on, at=at, by=by)
    hold_lines(_jobs(card).order_by().values_list("reservation__line", flat=True).distinct())
    by_line: dict[int, list[_Change]] = {}
    for change in _changes(card):
        by_line.setdefault(change.job.reservation.line_id, []).append(change)
    posted_before = JournalEntry.objects.filter(source=SOURCE, rate_card=card).count()
    posted = [
        _adjust(card, by_line[line], f"{card.pk}-{number}", effective_on, at, by)
        for number, line in enumerate(sorted(by_line), start=posted_before + 1)
    ]
    if posted:
        detail = {"on": effective_on.isoformat(), "jobs": sum(map(len, by_line.values()))}
        record_audit(verb="adjust_for_card", subject=card, by=by, detail=detail)
    return posted


def _adjust(
    card: RateCard, changes: list[_Change], external_id: str, on: date, at: datetime, by: User | None
) -> JournalEntry:
    """One adjustment for one line, with the difference of each job beside it."""
    jobs = ngettext("%(n)d job", "%(n)d jobs", len(changes)) % {"n": len(changes)}
    entry = post_actual(
        line=changes[0].job.reservation.line,
        amount_minor=sum(change.difference_minor for change in changes),
        memo=_("Late rate card %(card)s, %(jobs)s") % {"card": card, "jobs": jobs},
        source=SOURCE,
        external_id=external_id,
        effective_on=on,
        at=at,
        by=by,
        rate_card=card,
        kind=JournalEntry.Kind.ADJUSTMENT,
    )
    CardAdjustment.objects.bulk_create(
        CardAdjustment(job=change.job, journal_entry=entry, amount_minor=change.difference_minor) for change in changes
    )
    return entry


def _changes(card: RateCard) -> Iterator[_Change]:
    """Jobs submitted on days on which this card counts, where another amount stands."""
    counts = cache(lambda day: RateCard.objects.in_force(day) == card)
    jobs = _jobs(card).select_related("project", "rate_card", "charge", "reservation__line__budget")
    for job in jobs.annotate(own_minor=OWN, adjusted_minor=ADJUSTED).order_by("pk").iterator(chunk_size=2000):
        if not counts(timezone.localdate(job.submitted_at)):
            continue
        usage = Usage(cpu_core_seconds=job.cpu_core_seconds, gpu_seconds=job.gpu_seconds, gib_seconds=job.gib_seconds)
        due, posted = price(card, usage).minor, (job.own_minor or 0) + (job.adjusted_minor or 0)
        if posted != due:
            yield _Change(job, posted, due)


def _jobs(card: RateCard) -> TrainingJobQuerySet:
    """Jobs that ended and were priced by another card, also for nothing; what was reversed stays out."""
    ended = TrainingJob.objects.filter(finished_at__isnull=False, rate_card__currency=card.currency)
    ended = ended.exclude(rate_card=card).filter(submitted_at__gte=_begin_of(card.valid_from))
    return ended.exclude(charge__in=JournalEntry.objects.filter(reversed_by__isnull=False))


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
