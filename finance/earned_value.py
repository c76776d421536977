"""Earned value of one project: what the work done was planned to cost, against what it cost and when it was due.

Names, formulas and abbreviations follow ANSI/PMI 19-006 "The Standard for Earned Value Management"; earned schedule
follows W. Lipke, "Schedule is Different" (2003). A figure that its data cannot support is None and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import gettext as _


class EarningRule(StrEnum):
    """How a stage under way earns. A finished stage has earned all of its money, one not begun nothing."""

    ZERO_HUNDRED = "zero_hundred"
    FIFTY_FIFTY = "fifty_fifty"
    PERCENT_COMPLETE = "percent_complete"
    METRIC_BASED = "metric_based"


class Method(StrEnum):
    """How the estimate at completion looks at the work that is left."""

    TYPICAL = "typical"
    ATYPICAL = "atypical"
    CPI_SPI = "cpi_spi"
    BOTTOM_UP = "bottom_up"


@dataclass(frozen=True)
class Figure:
    """A figure, or the reason why there is none."""

    value: Fraction | None
    reason: str = ""

    @property
    def minor(self) -> int | None:
        """The figure as whole minor units."""
        return None if self.value is None else round(self.value)


@dataclass(frozen=True)
class Planned:
    """Money planned for a span of days, spread evenly over it. `ends_on` is exclusive."""

    starts_on: date
    ends_on: date
    minor: int


@dataclass(frozen=True)
class StageWork:
    """One stage: its money in the plan, and how far it is.

    `percent_complete` is somebody's judgement, `way` the share of the way that the KPI has gone to its target; both
    count from 0 to 1. `percent_from_cost` says that the judgement was only read from what has been spent.
    """

    name: str
    budget_minor: int
    is_started: bool = False
    is_finished: bool = False
    percent_complete: float | None = None
    way: float | None = None
    percent_from_cost: bool = False


def planned_value(plan: Sequence[Planned], on: date) -> Figure:
    """PV: what should have been spent before a day. Inside a span it grows evenly."""
    if not plan:
        return Figure(None, _("No plan by period is approved. Draft and approve a budget version."))
    return Figure(sum((_reached(span, on) for span in plan), Fraction(0)))


def _reached(span: Planned, on: date) -> Fraction:
    days = (span.ends_on - span.starts_on).days
    gone = min(days, max(0, (on - span.starts_on).days))
    return Fraction(span.minor * gone, days)


def earned_value(stages: Sequence[StageWork], rule: EarningRule) -> Figure:
    """EV: the planned money of the work that is done, by one rule for all stages."""
    if not any(stage.budget_minor for stage in stages):
        return Figure(None, _("No money is planned for any stage, so none can be earned."))
    total = Fraction(0)
    for stage in stages:
        share = earned_share(stage, rule)
        if share.value is None and stage.budget_minor:
            return share
        total += (share.value or 0) * stage.budget_minor
    return Figure(total)


def earned_share(stage: StageWork, rule: EarningRule) -> Figure:
    """The share of a stage's money that is earned, from 0 to 1."""
    if stage.is_finished:
        return Figure(Fraction(1))
    if not stage.is_started or rule is EarningRule.ZERO_HUNDRED:
        return Figure(Fraction(0))
    if rule is EarningRule.FIFTY_FIFTY:
        return Figure(Fraction(1, 2))
    if rule is EarningRule.PERCENT_COMPLETE:
        return _share(stage.percent_complete, _("Nobody has said how much of “%(stage)s” is done."), stage)
    return _share(stage.way, _("No KPI has been measured that could say how far “%(stage)s” is."), stage)


def _share(known: float | None, reason: str, stage: StageWork) -> Figure:
    if known is None:
        return Figure(None, reason % {"stage": stage.name})
    return Figure(Fraction(str(min(1.0, max(0.0, known)))))


def has_schedule_actual(stages: Sequence[StageWork], rule: EarningRule) -> bool:
    """Whether something else than money tells how far the work is; otherwise SPI would be CPI once more."""
    begun = [stage for stage in stages if stage.is_started or stage.is_finished]
    read_from_cost = rule is EarningRule.PERCENT_COMPLETE and any(
        stage.percent_from_cost and not stage.is_finished for stage in begun
    )
    return bool(begun) and not read_from_cost


@dataclass(frozen=True)
class EarnedValue:
    """The state of a project on one day; every derived figure is a property. Amounts are minor units."""

    planned_value: Figure
    earned_value: Figure
    actual_cost: Figure
    budget_at_completion: Figure
    has_schedule: bool = True
    estimate_to_complete_bottom_up: Figure = Figure(None)

    @property
    def cost_variance(self) -> Figure:
        """CV = EV - AC."""
        return _difference(self.earned_value, self.actual_cost)

    @property
    def schedule_variance(self) -> Figure:
        """SV = EV - PV."""
        return _difference(self.earned_value, self.planned_value) if self.has_schedule else _no_schedule()

    @property
    def cpi(self) -> Figure:
        """CPI = EV / AC."""
        if self.actual_cost.value is not None and self.actual_cost.value < 0:
            return Figure(None, _("More was credited than spent, so cost has no index."))
        return _ratio(self.earned_value, self.actual_cost, _("Nothing has been spent yet, so cost has no index."))

    @property
    def spi(self) -> Figure:
        """SPI = EV / PV, only where the schedule has an actual of its own."""
        if not self.has_schedule:
            return _no_schedule()
        return _ratio(self.earned_value, self.planned_value, _("Nothing was planned to be done by now."))

    def estimate_at_completion(self, method: Method) -> Figure:
        """EAC by one of four named methods."""
        spent, budget, earned = self.actual_cost, self.budget_at_completion, self.earned_value
        left = _difference(budget, earned)
        if method is Method.TYPICAL:
            return _ratio(budget, self.cpi, _("Nothing has been earned yet, so the rate so far says nothing."))
        if method is Method.ATYPICAL:
            return _sum(spent, left)
        if method is Method.BOTTOM_UP:
            return _sum(spent, self.estimate_to_complete_bottom_up)
        pace = _product(self.cpi, self.spi)
        return _sum(spent, _ratio(left, pace, _("Nothing has been earned yet, so the rate so far says nothing.")))

    def estimate_to_complete(self, method: Method) -> Figure:
        """ETC = EAC - AC."""
        return _difference(self.estimate_at_completion(method), self.actual_cost)

    def variance_at_completion(self, method: Method) -> Figure:
        """VAC = BAC - EAC."""
        return _difference(self.budget_at_completion, self.estimate_at_completion(method))

    @property
    def tcpi_bac(self) -> Figure:
        """TCPI = (BAC - EV) / (BAC - AC): the cost index that the rest needs to end inside the budget."""
        left = _difference(self.budget_at_completion, self.actual_cost)
        if left.value is not None and left.value <= 0:
            return Figure(None, _("The budget is used up: no rate of work ends inside it."))
        return _ratio(_difference(self.budget_at_completion, self.earned_value), left, "")

    def tcpi_eac(self, method: Method) -> Figure:
        """TCPI = (BAC - EV) / (EAC - AC): the cost index that the rest needs to end at the estimate."""
        return _ratio(
            _difference(self.budget_at_completion, self.earned_value),
            self.estimate_to_complete(method),
            _("By this estimate nothing is left to spend."),
        )


def earned_schedule(plan: Sequence[Planned], earned: Figure) -> Figure:
    """ES: days from the begin of the plan to the day on which the plan stood where the work stands now."""
    if not plan:
        return Figure(None, _("No plan by period is approved. Draft and approve a budget version."))
    if earned.value is None:
        return earned
    if earned.value <= 0:
        return Figure(Fraction(0))
    start = min(span.starts_on for span in plan)
    days = sorted({day for span in plan for day in (span.starts_on, span.ends_on)})
    before, at_before = days[0], Fraction(0)
    for day in days[1:]:
        at_day = planned_value(plan, day).value or Fraction(0)
        if at_day >= earned.value and at_day > at_before:
            part = max(Fraction(0), (earned.value - at_before) / (at_day - at_before))
            return Figure((before - start).days + part * (day - before).days)
        before, at_before = day, at_day
    return Figure(Fraction((before - start).days))


def spi_t(plan: Sequence[Planned], earned: Figure, on: date, *, has_schedule: bool = True) -> Figure:
    """SPI(t) = ES / AT: stays meaningful after the planned end, where EV / PV always creeps to 1."""
    if not has_schedule:
        return _no_schedule()
    schedule = earned_schedule(plan, earned)
    gone = (on - min((span.starts_on for span in plan), default=on)).days
    return _ratio(schedule, Figure(Fraction(max(0, gone))), _("The plan has not begun yet."))


def _no_schedule() -> Figure:
    return Figure(
        None,
        _("No stage has a date or measurement of its own, so a schedule index would only say the cost index again."),
    )


def _unknown(*figures: Figure) -> Figure | None:
    return next((Figure(None, figure.reason) for figure in figures if figure.value is None), None)


def _difference(one: Figure, other: Figure) -> Figure:
    return _unknown(one, other) or Figure((one.value or 0) - (other.value or 0))  # type: ignore[arg-type]


def _sum(one: Figure, other: Figure) -> Figure:
    return _unknown(one, other) or Figure((one.value or 0) + (other.value or 0))  # type: ignore[arg-type]


def _product(one: Figure, other: Figure) -> Figure:
    return _unknown(one, other) or Figure((one.value or 0) * (other.value or 0))  # type: ignore[arg-type]


def _ratio(one: Figure, other: Figure, when_zero: str) -> Figure:
    if (missing := _unknown(one, other)) is not None:
        return missing
    return Figure(one.value / other.value) if one.value is not None and other.value else Figure(None, when_zero)
