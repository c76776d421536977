"""Where spending is going, in the words and points that a burn chart shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.burn import Crossing, Fan, Pace, TooLittle, pace, whole_months
from portal.wording import money_minor

FARTHEST_MONTHS = 12


@dataclass(frozen=True)
class Outlook:
    """The fan from today on, the day a limit is crossed, or the reason why there is no forecast.

    `at_plan_end` is what will have been spent when the plan ends, where that day is still to come.
    """

    fan: tuple[Fan, ...]
    crossing: Crossing | None
    reason: str = ""
    pace: Pace | None = None
    limit: int = 0
    at_plan_end: Fan | None = None

    @property
    def end(self) -> Fan | None:
        return self.fan[-1] if self.fan else None

    @property
    def ends_inside(self) -> Fan | None:
        """The end of the plan, where the limit is crossed after it and not before."""
        end, day = self.at_plan_end, self.crossing.middle if self.crossing else None
        return end if end is not None and day is not None and day > end.on else None


def outlook_of(
    spend: Sequence[tuple[date, int]], *, limit: int, today: date, until: date, since: date | None = None
) -> Outlook:
    """The forecast to the end of a plan, a year ahead at most, from the months that are over."""
    begun = since or (spend[0][0] if spend else today)
    spent = sum(minor for month, minor in spend if month <= today)
    found = pace(whole_months(spend, since=begun, on=today), spent=spent, on=today)
    if isinstance(found, TooLittle):
        return Outlook((), None, found.reason)
    return Outlook(
        found.fan(_days(today, until)),
        found.crossing(limit) if limit else None,
        pace=found,
        limit=limit,
        at_plan_end=found.fan((until,))[0] if until > today else None,
    )


def _days(today: date, until: date) -> list[date]:
    """Today, the first of each month after it, and the end of the forecast."""
    last = min(max(until, _month_after(today, 3)), _month_after(today, FARTHEST_MONTHS))
    days, day = [today], _month_after(today, 1)
    while day < last:
        days.append(day)
        day = _month_after(day, 1)
    return [*days, last]


def _month_after(day: date, months: int) -> date:
    """The first of the month so many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def crossing_words(outlook: Outlook, currency: str) -> str:
    """`the limit is crossed about 4 May 2027 (P10 1 Mar 2027, P90 9 Sep 2027)`, or that it is not.

    A limit that is crossed after the plan has ended is no limit that this plan crosses.
    """
    crossing = outlook.crossing
    if end := outlook.ends_inside:
        return _("at this pace it ends at %(amount)s on %(day)s, inside %(limit)s (P10 %(low)s, P90 %(high)s)") % {
            "amount": money_minor(round(end.p50), currency),
            "day": _day(end.on),
            "limit": money_minor(outlook.limit, currency),
            "low": money_minor(round(end.p10), currency),
            "high": money_minor(round(end.p90), currency),
        }
    if crossing is None or (crossing.early is None and crossing.middle is None):
        return _("at this pace the limit is not reached within five years") if crossing else ""
    if crossing.middle is None or crossing.early is None:
        return _("at this pace the limit may be crossed from %(early)s on") % {"early": _month(crossing.early)}
    if crossing.early == crossing.middle == crossing.late:
        return _("at this pace the limit is crossed about %(day)s") % {"day": _day(crossing.middle)}
    late = _month(crossing.late) if crossing.late else _("never")
    return _("at this pace the limit is crossed about %(day)s (P10 %(early)s, P90 %(late)s)") % {
        "day": _day(crossing.middle),
        "early": _month(crossing.early),
        "late": late,
    }


def _day(day: date | None) -> str:
    return date_format(day, "j M Y") if day else ""


def _month(day: date | None) -> str:
    return date_format(day, "M Y") if day else ""
