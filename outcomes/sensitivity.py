"""How a KPI follows a model metric, estimated from measurements that name the model in use.

Ordinary least squares, KPI = intercept + slope x metric. Standard error of the slope = s / sqrt(Sxx) with
s^2 = SSE / (n - 2); the 90 % interval is slope -/+ t(0.95, n - 2) standard errors. Each model is one point, the mean of
what was measured with it: readings of one model are no further models, and n is that of the models. A line through few
points of one project is an estimate and no proof of cause: what else changed meanwhile is in it as well.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from outcomes.models import Kpi, Measurement
from outcomes.usable import LARGEST

FEWEST = 4
NO_SPREAD = 1e-12  # of the metric's size: what rounding alone could make


@dataclass(frozen=True)
class Point:
    """A model: its metric, the mean of the KPI that was measured with it, how often, and when first and last."""

    metric: float
    kpi: float
    measured_at: datetime
    last_at: datetime
    readings: int = 1


@dataclass(frozen=True)
class Line:
    """A fitted line and how sure its slope is."""

    slope: float
    intercept: float
    standard_error: float
    low: float
    high: float
    n: int
    r2: float


@dataclass(frozen=True)
class Estimate:
    """The sensitivity of a KPI to a metric, or the reason why there is none, with the points behind it."""

    metric: str
    points: tuple[Point, ...]
    line: Line | None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """What a contract keeps of it: enough to explain the figure years later."""
        if self.line is None:
            return {}
        metrics = [point.metric for point in self.points]
        return {
            **asdict(self.line),
            "metric": self.metric,
            "metric_min": min(metrics),
            "metric_max": max(metrics),
            "readings": sum(point.readings for point in self.points),
            "first_at": min(point.measured_at for point in self.points).isoformat(),
            "last_at": max(point.last_at for point in self.points).isoformat(),
        }


def estimate_sensitivity(kpi: Kpi, metric: str) -> Estimate:
    """The line through the models that a KPI was measured with and that have the metric. One query.

    A KPI with a band has none: what a further step is worth turns its sign inside.
    """
    if kpi.direction == Kpi.Direction.WITHIN:
        reason = _(
            "A KPI that should stay within a band is better neither higher nor lower, so no slope says its worth."
        )
        return Estimate(metric, (), None, reason)
    points = _points(kpi, metric)
    if len(points) < FEWEST:
        text = _(
            "Measurements name %(count)d models with %(metric)s; a line needs at least %(fewest)d. "
            "Record measurements with the model in use."
        )
        reason = text % {"count": len(points), "metric": metric.replace("_", " "), "fewest": FEWEST}
        return Estimate(metric, points, None, reason)
    line = fit([(point.metric, point.kpi) for point in points])
    if line is None:
        text = _("All these models have the same %(metric)s, so no change of the KPI follows from it.")
        return Estimate(metric, points, None, text % {"metric": metric.replace("_", " ")})
    return Estimate(metric, points, line)


def fit(pairs: Sequence[tuple[float, float]]) -> Line | None:
    """The line of least squares through at least three pairs; None where the first of each pair does not vary."""
    n = len(pairs)
    mean_x = math.fsum(x for x, _y in pairs) / n
    mean_y = math.fsum(y for _x, y in pairs) / n
    sxx = math.fsum((x - mean_x) ** 2 for x, _y in pairs)
    if n < 3 or sxx <= n * (NO_SPREAD * max(abs(x) for x, _y in pairs)) ** 2:
        return None
    syy = math.fsum((y - mean_y) ** 2 for _x, y in pairs)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in pairs) / sxx
    intercept = mean_y - slope * mean_x
    sse = math.fsum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in pairs)
    standard_error = math.sqrt(sse / (n - 2) / sxx)
    reach = _t95(n - 2) * standard_error
    r2 = 1 - sse / syy if syy else 1.0
    return Line(slope, intercept, standard_error, slope - reach, slope + reach, n, max(0.0, r2))


def _points(kpi: Kpi, metric: str) -> tuple[Point, ...]:
    rows: Iterable[Any] = (
        Measurement.objects.filter(kpi=kpi)
        .order_by("recorded_at", "pk")
        .values_list("measured_at", "value", "model_version", "model_version__run__metrics")
    )
    latest = {measured_at: (value, model, metrics or {}) for measured_at, value, model, metrics in rows}
    by_model: dict[Any, list[tuple[datetime, float, float]]] = {}
    for at, (value, model, metrics) in sorted(latest.items(), key=lambda each: each[0]):
        if _is_number(metrics.get(metric)) and _is_number(value):
            by_model.setdefault(model, []).append((at, value, float(metrics[metric])))
    return tuple(
        Point(
            metric=readings[0][2],
            kpi=math.fsum(value for _at, value, _metric in readings) / len(readings),
            measured_at=readings[0][0],
            last_at=readings[-1][0],
            readings=len(readings),
        )
        for readings in by_model.values()
    )


def _is_number(value: object) -> bool:
    """A figure that can be meant; a training that ran away leaves others."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _t95(degrees: int) -> float:
    """The quantile of Student's t that leaves a twentieth above it."""
    from scipy.special import stdtrit  # only who estimates waits for it

    return float(stdtrit(degrees, 0.95))
