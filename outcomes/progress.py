"""How far a key result has come from its baseline to its target, and an objective with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from outcomes.band import share_of_way
from outcomes.kpi_status import Figure, figures
from outcomes.models import KeyResult, Kpi, Measurement, Objective


@dataclass(frozen=True)
class Progress:
    """`raw` may lie below 0 or above 1; None says why."""

    raw: float | None
    reason: str = ""

    @property
    def shown(self) -> float | None:
        """Between 0 and 1, for a bar; what went beyond the target does not cover for others."""
        return None if self.raw is None else min(1.0, max(0.0, self.raw))


@dataclass(frozen=True)
class KeyResultProgress:
    """A key result, what its KPI stands at and how far that is."""

    key_result: KeyResult
    current: float | None
    measured_at: datetime | None
    progress: Progress


@dataclass(frozen=True)
class ObjectiveProgress:
    """An objective and its key results. A key result without a measurement has come no way."""

    objective: Objective
    progress: Progress
    key_results: tuple[KeyResultProgress, ...]


def way(baseline: float, target: float, current: float | None, high: float | None = None) -> Progress:
    """The share of the way from baseline to target, or into the band that ends with `high`."""
    if current is None:
        return Progress(None, _("Its KPI has not been measured yet."))
    share = share_of_way(current, baseline, target, high)
    if share is None:
        return Progress(None, _("Baseline and target are the same, so there is no way to go."))
    return Progress(share)


def way_in_period(baseline: float, target: float, high: float | None, figure: Figure) -> Progress:
    """The way by the share of the period that has passed; that share is 1 for all but a sum that still grows."""
    if figure.value is None and figure.at is not None:
        return Progress(None, _("Its KPI has not been measured in this period yet."))
    end = None if high is None else high * figure.share
    return way(baseline * figure.share, target * figure.share, figure.value, end)


def together(parts: Sequence[tuple[int, Progress]]) -> Progress:
    """The mean of what is shown, by weight; what has not been measured counts as nothing and is said."""
    weights = sum(weight for weight, _progress in parts)
    if not weights:
        return Progress(None, _("It has no key results yet. Add one."))
    missing = sum(progress.raw is None for _weight, progress in parts)
    if missing == len(parts):
        return Progress(None, _("None of its KPIs has been measured yet."))
    raw = sum(weight * (progress.shown or 0.0) for weight, progress in parts) / weights
    reason = _("%(missing)d of %(all)d key results have no measurement and count as nothing.")
    return Progress(raw, reason % {"missing": missing, "all": len(parts)} if missing else "")


def objective_progress(objectives: Iterable[Objective], on: date) -> list[ObjectiveProgress]:
    """Each objective with its key results, as known on a day. A fixed number of queries, however many there are.

    A KPI counts by its aggregation. Of a sum that still grows, baseline and target count by the share of its period.
    """
    rows = list(objectives)
    results: dict[int, list[KeyResult]] = {row.pk: [] for row in rows}
    for result in KeyResult.objects.filter(objective__in=list(results)).known_on(on).order_by("pk"):
        results[result.objective_id].append(result)
    keys = {result.kpi_id for of_one in results.values() for result in of_one}
    kpis = Kpi.objects.filter(pk__in=keys).select_related("project", "owner")
    known = {figure.kpi.pk: figure for figure in figures(kpis, Measurement.objects.known_on(on), on)}
    return [_of_objective(row, [_of_result(each, known[each.kpi_id]) for each in results[row.pk]]) for row in rows]


def _of_result(result: KeyResult, figure: Figure) -> KeyResultProgress:
    result.kpi = figure.kpi
    progress = way_in_period(result.baseline, result.target, result.target_high, figure)
    return KeyResultProgress(result, figure.value, figure.at, progress)


def _of_objective(objective: Objective, parts: Sequence[KeyResultProgress]) -> ObjectiveProgress:
    whole = together([(part.key_result.weight, part.progress) for part in parts])
    return ObjectiveProgress(objective, whole, tuple(parts))
