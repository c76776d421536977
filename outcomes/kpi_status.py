"""Where a KPI stands in a period: the aggregated figure against target, amber and red."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from outcomes.models import Kpi, KpiTarget, Measurement
from outcomes.querysets import day_begins


class State(StrEnum):
    """The traffic light of a KPI."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class KpiStatus:
    """What was reached in a period, what should have been by now, and the light. Unknown says why."""

    state: State
    value: float | None
    target: float | None
    reason: str = ""


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
        return KpiStatus(State.RED, value, target)
    if (value - amber) * better_sign < 0:
        return KpiStatus(State.AMBER, value, target)
    return KpiStatus(State.GREEN, value, target)


def status_in_period(kpi: Kpi, target: KpiTarget, readings: Iterable[Reading], on: date) -> KpiStatus:
    """The light of a KPI in the period of a target, as it stood at the end of a day.

    A sum still grows while its period runs: its limits count by the share of the period that has passed.
    """
    share = 1.0
    if kpi.aggregation == Kpi.Aggregation.SUM:
        passed = (min(on, target.ends_on) - target.starts_on).days + (on < target.ends_on)
        share = max(0, passed) / (target.ends_on - target.starts_on).days
    return judge(
        aggregate(readings, kpi.aggregation),
        target=target.value * share,
        amber=target.amber * share,
        red=target.red * share,
        better_sign=kpi.better_sign,
    )


def kpi_statuses(kpis: Sequence[Kpi], on: date) -> dict[int, KpiStatus]:
    """The light of each KPI on a day, by its key. Two queries, however many KPIs there are."""
    keys = [kpi.pk for kpi in kpis]
    targets = {row.kpi_id: row for row in KpiTarget.objects.filter(kpi__in=keys, starts_on__lte=on, ends_on__gt=on)}
    readings = _readings(targets, on)
    return {
        kpi.pk: status_in_period(kpi, targets[kpi.pk], readings[kpi.pk], on)
        if kpi.pk in targets
        else KpiStatus(State.UNKNOWN, None, None, _("No target is set for this period. Set one."))
        for kpi in kpis
    }


def _readings(targets: Mapping[int, KpiTarget], on: date) -> Mapping[int, list[Reading]]:
    """What was measured in the period of each target and known on that day."""
    found: dict[int, list[Reading]] = defaultdict(list)
    if targets:
        first = min(target.starts_on for target in targets.values())
        rows = Measurement.objects.filter(kpi__in=list(targets), measured_at__gte=day_begins(first)).known_on(on)
        for key, *reading in rows.order_by("recorded_at", "pk").values_list(
            "kpi", "measured_at", "recorded_at", "value"
        ):
            if reading[0] >= day_begins(targets[key].starts_on):
                found[key].append(tuple(reading))
    return found
