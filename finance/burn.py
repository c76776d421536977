"""Where spending is going: a fan P10 to P90 of what will have been spent, and the day on which a limit is crossed.

The months that are over are taken as draws around one level. Of `n` months with mean `m` and standard deviation `s`,
the sum of `h` further months lies around `h m` with the standard error `s sqrt(h + h^2 / n)`: the spread of the months
to come and what is not known about the level itself. Quantiles are Student's t with n - 1 degrees of freedom
(prediction interval for a sum of future observations; Hahn and Meeker, Statistical Intervals, section 4.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean, stdev

from django.utils.translation import gettext as _

FEWEST_MONTHS = 4
MOST_MONTHS = 12  # older months say little about the level of today
DAYS_A_MONTH = 365.25 / 12
FARTHEST_MONTHS = 60.0
T_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363)  # 1 to 11 degrees of freedom


@dataclass(frozen=True)
class Fan:
    """What will have been spent in all on one day: with a chance of 10, 50 and 90 percent it is no more."""

    on: date
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class Crossing:
    """The day on which a limit is reached; with 10 percent already on `early`. None: not in the next five years."""

    early: date | None
    middle: date | None
    late: date | None


@dataclass(frozen=True)
class Pace:
    """The level of spending a month, its spread, and what it was read from. Amounts are minor units."""

    spent: int
    on: date
    mean: float
    spread: float
    months: int

    def after(self, months: float, side: int = 0) -> float:
        """Spent in all after so many further months: the middle, or P90 (side 1), or P10 (side -1); it never falls."""
        error = T_90[self.months - 2] * self.spread * sqrt(months + months**2 / self.months)
        return self.spent + max(0.0, self.mean * months + side * error)

    def fan(self, days: Sequence[date]) -> tuple[Fan, ...]:
        return tuple(Fan(day, *(self.after(self._months_to(day), side) for side in (-1, 0, 1))) for day in days)

    def crossing(self, limit: int) -> Crossing:
        return Crossing(*(self._reaches(limit, side) for side in (1, 0, -1)))

    def likelihood(self, limit: int, day: date) -> str:
        """Where a limit lies in the fan of a day, in words: the fan knows three points, no more."""
        fan = self.fan((day,))[0]
        if limit >= fan.p90:
            return _("unlikely to be crossed")
        if limit >= fan.p50:
            return _("may be crossed")
        return _("likely to be crossed") if limit >= fan.p10 else _("nearly sure to be crossed")

    def _months_to(self, day: date) -> float:
        return max(0, (day - self.on).days) / DAYS_A_MONTH

    def _reaches(self, limit: int, side: int) -> date | None:
        """Bisection: above the limit once, above it ever after, for each side is convex or grows."""
        low, high = 0.0, FARTHEST_MONTHS
        if self.spent >= limit:
            return self.on
        if self.after(high, side) < limit:
            return None
        for _step in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self.after(middle, side) >= limit else (middle, high)
        return self.on + timedelta(days=round(high * DAYS_A_MONTH))


@dataclass(frozen=True)
class TooLittle:
    """There is no forecast, and why."""

    reason: str


def pace(months: Sequence[int], *, spent: int, on: date) -> Pace | TooLittle:
    """The pace of spending from the sums of whole months, the oldest first; `spent` is all that is spent by `on`."""
    recent = list(months)[-MOST_MONTHS:]
    if len(recent) < FEWEST_MONTHS:
        return TooLittle(
            _("A forecast needs %(need)s whole months of spending; there are %(have)s.")
            % {"need": FEWEST_MONTHS, "have": len(recent)}
        )
    mean = fmean(recent)
    if mean <= 0:
        return TooLittle(_("Nothing was spent in the last months, so no pace can be read from them."))
    return Pace(spent, on, mean, stdev(recent), len(recent))


def whole_months(spend: Sequence[tuple[date, int]], *, since: date, on: date) -> list[int]:
    """The sum of each month from one day on that is over on another; a month without postings counts as zero."""
    sums = dict(spend)
    first, last = since.replace(day=1), on.replace(day=1)
    months, month = [], first
    while month < last:
        months.append(sums.get(month, 0))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months
