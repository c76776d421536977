"""Where a KPI stands on a day: one figure by its aggregation, its way to the target, and its light.

A level (the last value, a mean) goes its way to the KPI's own target; the target of a period is a step on it and says
the light. A sum has no level: where the target of a period runs, everything is judged by that one, in the share of the
period that has passed. Without one, the KPI's own baseline and target are those of one month, as many times as months
are judged. The baseline of a sum is always that of one month.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Avg, Case, DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.band import outside, share_of_way
from outcomes.models import Kpi, KpiTarget, Measurement
from outcomes.querysets import day_begins, day_ends
from outcomes.then import targets_then

NO_PERIOD = timedelta(days=90)  # what a mean or a sum is taken over while no target names a period


class State(StrEnum):
    """The traffic light of a KPI."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class KpiStatus:
    """What was reached in a period, what should have been by now, and the light. Unknown says why.

    Of a band `target` and `target_high` are its ends, and `limit` is a distance outside of it.
    """

    state: State
    value: float | None
    target: float | None
    reason: str = ""
    limit: float | None = None  # amber or red, beyond which it is
    target_high: float | None = None


@dataclass(frozen=True)
class Goal:
    """From where to where a KPI should go in the time that is judged; `high` ends a band.

    The target of a period (`is_of_period`) may ask for no step beyond the baseline: then it is met or it is not.
    """

    baseline: float
    target: float
    high: float | None
    better_sign: int
    is_of_period: bool = False

    @property
    def asks_for_no_step(self) -> bool:
        if self.high is not None:
            return self.is_of_period and not outside(self.baseline, self.target, self.high)
        return self.is_of_period and (self.target - self.baseline) * self.better_sign <= 0

    def reached(self, value: float | None) -> float | None:
        """How much of the way has been gone; below zero is the wrong way."""
        if value is None:
            return None
        if self.asks_for_no_step:
            return float(self._is_met(value))
        return share_of_way(value, self.baseline, self.target, self.high)

    def _is_met(self, value: float) -> bool:
        if self.high is not None:
            return not outside(value, self.target, self.high)
        return (value - self.target) * self.better_sign >= 0


@dataclass(frozen=True)
class Figure:
    """What a KPI stands at on a day, by its aggregation, and the light of the target that runs.

    `share` is the part of a sum's period that has passed: its target counts by it. `months` are those that a sum is
    taken over: its own baseline and target, of one month each, count so many times. Of any other KPI both are 1. `at`
    and `measurement` are those of the newest measurement, `since` begins what a mean or a sum is taken over.
    """

    kpi: Any
    value: float | None
    at: datetime | None
    measurement: int | None
    status: KpiStatus
    since: date | None = None
    share: float = 1.0
    months: float = 1.0
    target: KpiTarget | None = None

    @property
    def goal(self) -> Goal:
        return self.goal_from(self.kpi.baseline, self.kpi.target)

    @property
    def reached(self) -> float | None:
        return self.goal.reached(self.value)

    def goal_from(self, baseline: float, target: float) -> Goal:
        """The goal of a baseline and a target: the KPI's own, or those of a key result.

        A key result that names another target than its KPI keeps it; of a sum it is that of one month.
        """
        kpi, months, set_for_now = self.kpi, self.months, self.target
        if set_for_now is not None and kpi.aggregation == Kpi.Aggregation.SUM and target == kpi.target:
            high = None if set_for_now.value_high is None else set_for_now.value_high * self.share
            return Goal(baseline * months, set_for_now.value * self.share, high, kpi.better_sign, is_of_period=True)
        high = None if kpi.target_high is None else kpi.target_high * months
        return Goal(baseline * months, target * months, high, kpi.better_sign)


def reached_share(kpi: Kpi, value: float | None) -> float | None:
    """How much of the way a level has gone to the KPI's own target; below zero is the wrong way."""
    return None if value is None else share_of_way(value, kpi.baseline, kpi.target, kpi.target_high)


def months_between(begins: date, ends: date) -> float:
    """How many months lie between two days, the second exclusive; of a month in part its share of days."""
    months, day = 0.0, begins
    while day < ends:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = min(following, ends)
        months += (until - day).days / (following - day.replace(day=1)).days
        day = until
    return months


Reading = tuple[datetime, datetime, float]  # measured at, recorded at, value


def aggregate(readings: Iterable[Reading], aggregation: str) -> float | None:
    """One figure of a period; of several records for one time the latest counts."""
    latest: dict[datetime, tuple[datetime, float]] = {}
    for measured_at, recorded_at, value in readings:
        if measured_at not in latest or latest[measured_at][0] <= recorded_at:
            latest[measured_at] = (recorded_at, value)
    values = [latest[at][1] for at in sorted(latest)]
    if not values:
        return None
    if aggregation == Kpi.Aggregation.SUM:
        return sum(values)
    return sum(values) / len(values) if aggregation == Kpi.Aggregation.MEAN else values[-1]


def judge(value: float | None, *, target: float, amber: float, red: float, better_sign: int) -> KpiStatus:
    """Green up to the amber limit, amber up to the red one, red beyond it."""
    if value is None:
        return KpiStatus(State.UNKNOWN, None, target, _("Nothing has been measured in this period."))
    if (value - red) * better_sign < 0:
        return KpiStatus(State.RED, value, target, limit=red)
    if (value - amber) * better_sign < 0:
        return KpiStatus(State.AMBER, value, target, limit=amber)
    return KpiStatus(State.GREEN, value, target)


def judge_band(value: float | None, *, low: float, high: float, amber: float, red: float) -> KpiStatus:
    """The same by the distance outside of a band: green inside it and up to amber."""
    away = None if value is None else outside(value, low, high)
    found = judge(away, target=0.0, amber=amber, red=red, better_sign=-1)
    return replace(found, value=value, target=low, target_high=high)


def status_in_period(kpi: Kpi, target: KpiTarget, readings: Iterable[Reading], on: date) -> KpiStatus:
    """The light of a KPI in the period of a target, as it stood at the end of a day.

    A sum still grows while its period runs: its limits count by the share of the period that has passed.
    """
    return _light(kpi, target, aggregate(readings, kpi.aggregation), _share(kpi, target, on))


def _share(kpi: Kpi, target: KpiTarget, on: date) -> float:
    if kpi.aggregation != Kpi.Aggregation.SUM:
        return 1.0
    passed = (min(on, target.ends_on) - target.starts_on).days + (on < target.ends_on)
    return max(0, passed) / (target.ends_on - target.starts_on).days


def _light(kpi: Kpi, target: KpiTarget, value: float | None, share: float) -> KpiStatus:
    if target.value_high is not None:
        return judge_band(
            value,
            low=target.value * share,
            high=target.value_high * share,
            amber=target.amber * share,
            red=target.red * share,
        )
    return judge(
        value,
        target=target.value * share,
        amber=target.amber * share,
        red=target.red * share,
        better_sign=kpi.better_sign,
    )


def figures(kpis: QuerySet[Kpi], known: QuerySet[Measurement], on: date) -> list[Figure]:
    """What each KPI stands at on a day, of the measurements that are known. At most four queries, however many KPIs.

    A last value is the newest of all. A mean or a sum is that of the period whose target runs on the day; where none
    runs, of the 90 days that end with it. Of several records for one time the latest counts.
    """
    rows = list(kpis.with_newest(known))  # type: ignore[attr-defined]
    targets = _running_targets([kpi.pk for kpi in rows], on)
    since = {
        kpi.pk: targets[kpi.pk].starts_on if kpi.pk in targets else on + timedelta(days=1) - NO_PERIOD
        for kpi in rows
        if kpi.aggregation != Kpi.Aggregation.LAST
    }
    values = _values_since(since, known)
    return [_figure(kpi, targets.get(kpi.pk), since.get(kpi.pk), values, on) for kpi in rows]


def _figure(
    kpi: Any, target: KpiTarget | None, since: date | None, values: Mapping[int, float | None], on: date
) -> Figure:
    value = kpi.newest_value if since is None else values[kpi.pk]
    newest = kpi.newest_at, kpi.newest_pk
    months = 1.0
    if since is not None and kpi.aggregation == Kpi.Aggregation.SUM:
        months = months_between(since, on + timedelta(days=1))
    if target is None:
        light = KpiStatus(State.UNKNOWN, None, None, _("No target is set for this period. Set one."))
        return Figure(kpi, value, *newest, light, since, months=months)
    share = _share(kpi, target, on)
    is_of_period = kpi.newest_at is not None and kpi.newest_at >= day_begins(target.starts_on)
    light = _light(kpi, target, value if is_of_period else None, share)
    return Figure(kpi, value, *newest, light, since, share, months, target)


def _running_targets(keys: Sequence[int], on: date) -> dict[int, KpiTarget]:
    """The target of each KPI whose period runs on a day; of a past day as it had been set by its end."""
    begun = KpiTarget.objects.filter(kpi__in=keys, starts_on__lte=on)
    targets = targets_then(begun, day_ends(on)) if on < timezone.localdate() else begun.filter(ends_on__gt=on)
    return {target.kpi_id: target for target in targets if target.ends_on > on}


def _values_since(since: Mapping[int, date], known: QuerySet[Measurement]) -> dict[int, float | None]:
    """The sum or the mean of each KPI since a day of its own, in one query."""
    if not since:
        return {}
    of_day: dict[date, list[int]] = defaultdict(list)
    for key, day in since.items():
        of_day[day].append(key)
    begins = [When(pk__in=keys, then=Value(day_begins(day))) for day, keys in of_day.items()]
    same_time = Measurement.objects.filter(kpi=OuterRef("kpi"), measured_at=OuterRef("measured_at"))
    corrected = same_time.filter(
        Q(recorded_at__gt=OuterRef("recorded_at")) | Q(recorded_at=OuterRef("recorded_at"), pk__gt=OuterRef("pk")),
        Exists(known.filter(pk=OuterRef("pk"))),  # asked last: a second bound on the time would hide its index
    )
    counting = known.filter(~Exists(corrected), kpi=OuterRef("pk"), measured_at__gte=OuterRef("begins"))
    of_kpi = counting.order_by().values("kpi")
    figure = Case(
        When(aggregation=Kpi.Aggregation.SUM, then=Subquery(of_kpi.annotate(figure=Sum("value")).values("figure"))),
        default=Subquery(of_kpi.annotate(figure=Avg("value")).values("figure")),
    )
    rows = Kpi.objects.filter(pk__in=list(since)).annotate(begins=Case(*begins, output_field=DateTimeField()))
    return dict(rows.order_by().annotate(figure=figure).values_list("pk", "figure"))
