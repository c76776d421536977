"""Objectives with their key results as gauges; what has no measurement says so."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from outcomes.models import Objective
from outcomes.progress import KeyResultProgress, ObjectiveProgress, Progress
from portal.export import Column, Table
from portal.templatetags.throughline import why
from portal.wording import count_of, in_front, percent


@dataclass(frozen=True)
class ResultRow:
    """One key result; that of a project which the person does not see counts and is not named."""

    part: KeyResultProgress
    is_named: bool

    @property
    def gauge(self) -> float:
        return round((self.part.progress.shown or 0) * 100, 1)

    @property
    def is_behind(self) -> bool:
        """Further away than where it began."""
        return self.part.progress.raw is not None and self.part.progress.raw < 0

    @property
    def is_beyond(self) -> bool:
        return self.part.progress.raw is not None and self.part.progress.raw >= 1


@dataclass(frozen=True)
class ObjectiveRow:
    objective: Objective
    progress: Progress
    results: tuple[ResultRow, ...]

    @property
    def gauge(self) -> float:
        return round((self.progress.shown or 0) * 100, 1)


def rows_of(found: Iterable[ObjectiveProgress], seen: AbstractSet[int]) -> tuple[ObjectiveRow, ...]:
    """The objectives of one page; `seen` are the keys of the projects that the person sees."""
    return tuple(
        ObjectiveRow(
            each.objective,
            each.progress,
            tuple(ResultRow(part, part.key_result.kpi.project_id in seen) for part in each.key_results),
        )
        for each in found
    )


def mean_of(rows: Sequence[ObjectiveRow]) -> float | None:
    """How far the objectives that can be read have come, each counting the same."""
    known = [row.progress.shown or 0.0 for row in rows if row.progress.raw is not None]
    return sum(known) / len(known) if known else None


def sentence_of(rows: Sequence[ObjectiveRow], explained_at: str) -> str:
    """How far the objectives of the page have come, each counting the same."""
    if not rows:
        return _("No objective is running.")
    mean = mean_of(rows)
    count = in_front(count_of(len(rows), "objective", "objectives"))
    if mean is None:
        return _("%(count)s, and none of them has been measured yet.") % {"count": count}
    silent = sum(row.progress.raw is None for row in rows)
    text = format_html(
        _("{count}, {share} of the way on average."), count=count, share=why(explained_at, percent(mean))
    )
    return format_html("{} {}", text, _("%(n)d cannot be read yet.") % {"n": silent}) if silent else text


def table_of(rows: Iterable[ObjectiveRow]) -> Table:
    """Objectives to take along: one row a key result, and one for an objective without any."""
    columns = (
        Column(_("Portfolio"), 20),
        Column(_("Objective"), 40),
        Column(_("Owner"), 20),
        Column(_("Begins"), 11),
        Column(_("Ends"), 11),
        Column(_("Share of the way"), 12),
        Column(_("Key result"), 32),
        Column(_("Project"), 9),
        Column(_("Unit"), 9),
        Column(_("Baseline")),
        Column(_("Target")),
        Column(_("Upper end")),
        Column(_("Now")),
        Column(_("Weight"), 8),
        Column(_("Its share of the way"), 12),
    )
    return Table("objectives", columns, (cells for row in rows for cells in _cells(row)))


def _cells(row: ObjectiveRow) -> list[list[Any]]:
    objective = row.objective
    said = [
        str(objective.portfolio),
        objective.title,
        str(objective.owner),
        objective.starts_on,
        objective.ends_on,
        _rounded(row.progress.raw),
    ]
    return [[*said, *_result_cells(result)] for result in row.results] or [[*said, *[None] * 9]]


def _result_cells(result: ResultRow) -> list[Any]:
    part, key_result = result.part, result.part.key_result
    if not result.is_named:
        name = _("a KPI of another team")
        return [name, None, None, None, None, None, None, key_result.weight, _rounded(part.progress.shown)]
    kpi, figures = key_result.kpi, (key_result.baseline, key_result.target, key_result.target_high, part.current)
    return [kpi.name, kpi.project.key, kpi.unit, *figures, key_result.weight, _rounded(part.progress.raw)]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
