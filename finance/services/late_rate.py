"""A rate that comes late: what it would change about time that is posted already, and the adjustments that say so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils.translation import gettext as _

from finance.models import (
    ExchangeRate,
    FiscalPeriod,
    JournalEntry,
    LedgerEntry,
    RateAdjustment,
    RoleRate,
    TimeEntry,
)
from finance.money import labour_minor
from finance.querysets import LedgerEntryQuerySet, TimeEntryQuerySet
from finance.services.exchange import at_rate, convert
from finance.services.journal import post_actual
from finance.services.locks import hold_lines
from finance.services.period import demand_open
from people.models import User
from people.services import record_audit


def _own(entries: LedgerEntryQuerySet) -> Subquery:
    """What was posted for a time entry, of these ledger entries."""
    own = entries.filter(journal_entry=OuterRef("journal_entry")).values("journal_entry")
    return Subquery(own.annotate(total=Sum("amount_minor")).values("total"))


def _adjusted(column: str) -> Subquery:
    """And what late rates have changed since, as far as nobody took it back."""
    standing = RateAdjustment.objects.filter(time_entry=OuterRef("pk"), journal_entry__reversed_by=None)
    return Subquery(standing.values("time_entry").annotate(total=Sum(column)).values("total"))


@dataclass(frozen=True)
class EffectRow:
    """What a rate changes for one project in one period, or in one month where no period is defined."""

    period: str
    is_closed: bool
    project_key: str
    project_title: str
    currency: str
    entries: int
    posted_minor: int
    due_minor: int
    minutes: int = 0  # that were worked; machine time has none

    @property
    def difference_minor(self) -> int:
        return self.due_minor - self.posted_minor

    @property
    def hours(self) -> float:
        return self.minutes / 60

    def plus(self, other: "EffectRow") -> "EffectRow":
        return replace(
            self,
            entries=self.entries + other.entries,
            minutes=self.minutes + other.minutes,
            posted_minor=self.posted_minor + other.posted_minor,
            due_minor=self.due_minor + other.due_minor,
        )


@dataclass(frozen=True)
class RateEffect:
    """What a late rate changes about time that is posted already, by period and project."""

    rate: RoleRate
    rows: tuple[EffectRow, ...]

    @property
    def entries(self) -> int:
        return sum(row.entries for row in self.rows)

    @property
    def differences(self) -> dict[str, int]:
        """What would be posted, in minor units by currency."""
        sums: dict[str, int] = {}
        for row in self.rows:
            sums[row.currency] = sums.get(row.currency, 0) + row.difference_minor
        return sums

    @property
    def touches_closed(self) -> bool:
        return any(row.is_closed for row in self.rows)


@dataclass(frozen=True)
class _Change:
    """One time entry with what stands posted for it and what the rate makes of it."""

    entry: TimeEntry
    posted_minor: int
    due_minor: int
    budget_rate: ExchangeRate | None = None
    variance_minor: int = 0  # what of the difference exchange rates made since the budget

    @property
    def group(self) -> tuple[int, str, int]:
        """What goes into one adjustment: the same line and stage, split by the same rate of the budget."""
        return self.entry.line_id, self.entry.station, self.budget_rate.pk if self.budget_rate else 0


def rate_effect(rate: RoleRate) -> RateEffect:
    """What posting the differences of a late rate would change, before anybody decides on it."""
    periods = list(FiscalPeriod.objects.order_by("starts_on"))
    sums: dict[tuple[date, str, str, str], EffectRow] = {}
    for change in _changes(rate):
        row = _row_of(change, periods)
        day, budget = change.entry.worked_on, change.entry.line.budget
        key = (day.replace(day=1), budget.project.key, budget.currency, row.period)
        sums[key] = row.plus(sums[key]) if key in sums else row
    return RateEffect(rate, tuple(sums[key] for key in sorted(sums)))


def _row_of(change: _Change, periods: list[FiscalPeriod]) -> EffectRow:
    """One time entry as a row of its own, to be summed."""
    day, budget = change.entry.worked_on, change.entry.line.budget
    period = next((each for each in periods if each.starts_on <= day < each.ends_on), None)
    return EffectRow(
        period=period.name if period else f"{day:%Y-%m}",
        is_closed=period is not None and period.status == FiscalPeriod.Status.CLOSED,
        project_key=budget.project.key,
        project_title=budget.project.title,
        currency=budget.currency,
        entries=1,
        minutes=change.entry.minutes,
        posted_minor=change.posted_minor,
        due_minor=change.due_minor,
    )


@transaction.atomic
def adjust_for_rate(*, rate: RoleRate, effective_on: date, at: datetime, by: User | None) -> list[JournalEntry]:
    """Post what a late rate changes as adjustments on an open day, once for each time entry. Closed periods stay."""
    demand_open(effective_on, at=at, by=by)
    hold_lines(_entries(rate).order_by().values_list("line", flat=True).distinct())
    groups: dict[tuple[int, str, int], list[_Change]] = {}
    for change in _changes(rate):
        groups.setdefault(change.group, []).append(change)
    posted_before = JournalEntry.objects.filter(rate_adjustments__role_rate=rate).distinct().count()
    posted = [
        _adjust(rate, groups[key], f"{rate.pk}-{number}", effective_on, at, by)
        for number, key in enumerate(sorted(groups), start=posted_before + 1)
    ]
    if posted:
        record_audit(
            verb="adjust_for_rate",
            subject=rate,
            by=by,
            detail={"on": effective_on.isoformat(), "entries": sum(len(changes) for changes in groups.values())},
        )
    return posted


def _adjust(
    rate: RoleRate, changes: list[_Change], external_id: str, on: date, at: datetime, by: User | None
) -> JournalEntry:
    """One adjustment for one line, stage and rate of the budget, with the difference of each time entry beside it."""
    first = changes[0].entry
    entry = post_actual(
        line=first.line,
        amount_minor=sum(change.due_minor - change.posted_minor for change in changes),
        memo=_("Late rate of %(role)s from %(day)s") % {"role": rate.role, "day": rate.valid_from},
        source="role-rate",
        external_id=external_id,
        effective_on=on,
        at=at,
        by=by,
        kind=JournalEntry.Kind.ADJUSTMENT,
        station=first.station,
        budget_rate=changes[0].budget_rate,
        variance_minor=sum(change.variance_minor for change in changes),
    )
    RateAdjustment.objects.bulk_create(
        RateAdjustment(
            time_entry=change.entry,
            role_rate=rate,
            journal_entry=entry,
            amount_minor=change.due_minor - change.posted_minor,
            variance_minor=change.variance_minor,
        )
        for change in changes
    )
    return entry


def _entries(rate: RoleRate) -> TimeEntryQuerySet:
    """Time of the role on days on which this rate counts, priced by another one; what was reversed stays out."""
    standing = RateAdjustment.objects.filter(time_entry=OuterRef("pk"), journal_entry__reversed_by=None)
    entries = TimeEntry.objects.priced_by(rate).standing().exclude(role_rate=rate)
    return entries.exclude(Exists(standing.filter(role_rate=rate)))


def _changes(rate: RoleRate) -> Iterator[_Change]:
    """Time of which another amount stands."""
    reckon = _Reckoner()
    entries = (
        _entries(rate)
        .select_related("line__budget__project", "journal_entry__budget_rate")
        .annotate(
            own_minor=_own(LedgerEntry.objects.expenses()),
            own_variance=_own(LedgerEntry.objects.filter(account=LedgerEntry.Account.FX_VARIANCE)),
            adjusted_minor=_adjusted("amount_minor"),
            adjusted_variance=_adjusted("variance_minor"),
        )
        .order_by("pk")
    )
    for entry in entries.iterator(chunk_size=2000):
        due = reckon.due(entry, rate)
        posted = entry.own_minor + (entry.adjusted_minor or 0)
        if posted != due:
            stands = (entry.own_variance or 0) + (entry.adjusted_variance or 0)
            split_by = reckon.budget_rate(entry, rate) or entry.journal_entry.budget_rate
            yield _Change(entry, posted, due, split_by, reckon.variance(entry, rate) - stands)


class _Reckoner:
    """What a time entry costs at a rate, and what of it exchange rates have made since the budget. Rates are kept."""

    def __init__(self) -> None:
        self._spot = cache(_spot_rate)
        self._planned = cache(_budget_rate)

    def due(self, entry: TimeEntry, rate: RoleRate) -> int:
        """By the spot rate of the day that was worked, where the rate is foreign."""
        minor, currency = labour_minor(entry.minutes, rate.hour_minor), entry.line.budget.currency
        return (
            minor if rate.currency == currency else at_rate(minor, self._spot(rate.currency, currency, entry.worked_on))
        )

    def budget_rate(self, entry: TimeEntry, rate: RoleRate) -> ExchangeRate | None:
        """The one that the entry was split by, else the one in force on the day; none of a rate that is not foreign."""
        currency, named = entry.line.budget.currency, entry.journal_entry.budget_rate
        if rate.currency == currency:
            return None
        if named and named.base == rate.currency:
            return named
        return self._planned(rate.currency, currency, entry.worked_on)

    def variance(self, entry: TimeEntry, rate: RoleRate) -> int:
        planned = self.budget_rate(entry, rate)
        if planned is None:
            return 0
        return self.due(entry, rate) - at_rate(labour_minor(entry.minutes, rate.hour_minor), planned)


def _spot_rate(base: str, quote: str, on: date) -> ExchangeRate:
    return convert(0, base=base, quote=quote, kind=ExchangeRate.Kind.SPOT, on=on).rate


def _budget_rate(base: str, quote: str, on: date) -> ExchangeRate | None:
    return ExchangeRate.objects.in_force(base, quote, ExchangeRate.Kind.BUDGET, on)
