"""How far a key result has come from its baseline to its target, and an objective with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from outcomes.kpi_status import Figure, Goal, figures
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


def way(goal: Goal, current: float | None) -> Progress:
    """The share of the way from baseline to target, or into a band."""
    if current is None:
        return Progress(None, _("Its KPI has not been measured yet."))
    share = goal.reached(current)
    if share is None:
        return Progress(None, _("Baseline and target are the same, so there is no way to go."))
    return Progress(share)


def way_in_period(goal: Goal, figure: Figure) -> Progress:
    """The way of what a KPI stands at; a mean or a sum of a period in which nothing was measured has none."""
    if figure.value is None and figure.at is not None:
        return Progress(None, _("Its KPI has not been measured in this period yet."))
    return way(goal, figure.value)


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

    A KPI counts by its aggregation, a sum by the target of its period where one runs: see `kpi_status`.
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
    progress = way_in_period(figure.goal_from(result.baseline, result.target), figure)
    return KeyResultProgress(result, figure.value, figure.at, progress)


def _of_objective(objective: Objective, parts: Sequence[KeyResultProgress]) -> ObjectiveProgress:
    whole = together([(part.key_result.weight, part.progress) for part in parts])
    return ObjectiveProgress(objective, whole, tuple(parts))
