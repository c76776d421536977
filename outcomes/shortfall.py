"""Whether a benefit falls short of its promise: realised and owed to the project, against the plan of those months.

Only months that are over count. The last three that were promised and are reported are held against their promise
together: one weak month is weather, a quarter is not. While fewer than three promised months are over, all of them are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from finance.money import allocate

MONTHS = 3


@dataclass(frozen=True)
class Shortfall:
    """What was promised and what came in the months that are held against their promise, oldest first."""

    months: tuple[date, ...]
    planned_minor: int
    realised_minor: int
    tolerance_percent: int

    @property
    def missing_minor(self) -> int:
        return self.planned_minor - self.realised_minor


@dataclass(frozen=True)
class Realised:
    """One record of a month: what came, and the share of it that is owed to the project."""

    month: date
    actual_minor: int
    attributed_percent: int
    recorded_at: datetime

    @property
    def attributed_minor(self) -> int:
        return attributed(self.actual_minor, self.attributed_percent)


def attributed(actual_minor: int, percent: int) -> int:
    """The share that is owed to the project; the odd cent goes by the larger remainder."""
    return allocate(actual_minor, [percent, 100 - percent])[0]


def latest_by_month(records: Iterable[Realised]) -> dict[date, Realised]:
    """A correction is another record for the month: the latest counts."""
    latest: dict[date, Realised] = {}
    for record in sorted(records, key=lambda each: each.recorded_at):
        latest[record.month] = record
    return latest


def held_months(
    plan: Collection[date], reported: Collection[date], *, until: date, since: date | None = None
) -> tuple[date, ...]:
    """The months that are held against their promise, oldest first; none while too few of them are reported.

    `until` is the first month that is not over. With `since` it takes three later months: what was decided on is done.
    """
    over = [month for month in plan if month < until]
    told = sorted(month for month in over if month in reported and (since is None or month > since))
    fewest = MONTHS if since else min(MONTHS, len(over))
    return tuple(told[-MONTHS:]) if len(told) >= fewest else ()


def unreported_months(plan: Collection[date], reported: Collection[date], *, until: date) -> list[date]:
    """Promised months that are over and of which nobody said what they brought, oldest first."""
    return sorted(month for month in plan if month < until and month not in reported)


def shortfall(
    plan: Mapping[date, int],
    records: Iterable[Realised],
    tolerance_percent: int,
    *,
    until: date,
    since: date | None = None,
) -> Shortfall | None:
    """What is missing in the months that are held against their promise, or None within the tolerance."""
    latest = latest_by_month(records)
    months = held_months(plan, latest, until=until, since=since)
    planned = sum(plan[month] for month in months)
    realised = sum(latest[month].attributed_minor for month in months)
    if (planned - realised) * 100 <= abs(planned) * tolerance_percent:
        return None
    return Shortfall(months, planned, realised, tolerance_percent)
