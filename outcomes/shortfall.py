"""Whether a benefit falls short of its promise: realised and owed to the project, against the plan of those months."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from finance.money import allocate

MONTHS = 3  # the newest realised ones count: one weak month is weather, a quarter is not


@dataclass(frozen=True)
class Shortfall:
    """What was promised and what came in the newest realised months, oldest first."""

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


def shortfall(plan: Mapping[date, int], records: Iterable[Realised], tolerance_percent: int) -> Shortfall | None:
    """What is missing in the newest realised months, or None within the tolerance."""
    latest = latest_by_month(records)
    months = tuple(sorted(latest)[-MONTHS:])
    planned = sum(plan.get(month, 0) for month in months)
    realised = sum(latest[month].attributed_minor for month in months)
    if (planned - realised) * 100 <= abs(planned) * tolerance_percent:
        return None
    return Shortfall(months, planned, realised, tolerance_percent)
