"""Objectives with their key results as gauges; what has no measurement says so."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.utils.translation import gettext as _

from outcomes.models import Objective
from outcomes.progress import KeyResultProgress, ObjectiveProgress, Progress
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


def sentence_of(rows: Sequence[ObjectiveRow]) -> str:
    """How far the objectives of the page have come, each counting the same."""
    if not rows:
        return _("No objective is running.")
    known = [row.progress.shown or 0.0 for row in rows if row.progress.raw is not None]
    count = in_front(count_of(len(rows), "objective", "objectives"))
    if not known:
        return _("%(count)s, and none of them has been measured yet.") % {"count": count}
    words = {"count": count, "share": percent(sum(known) / len(known))}
    silent = len(rows) - len(known)
    text = _("%(count)s, %(share)s of the way on average.") % words
    return f"{text} {_('%(n)d cannot be read yet.') % {'n': silent}}" if silent else text
