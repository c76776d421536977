"""When stages and milestones are expected: computed from the plan and from what really happened, no query, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter

NOT_LATE = timedelta()


@dataclass(frozen=True)
class StageDates:
    """The dates of one stage as they stand on its row; `set_start` and `set_finish` are what somebody expects."""

    planned_start: date | None = None
    planned_finish: date | None = None
    set_start: date | None = None
    set_finish: date | None = None
    actual_start: date | None = None
    actual_finish: date | None = None


@dataclass(frozen=True)
class Expected:
    """From when to when a stage is expected to run; the actual dates where they are known."""

    start: date | None
    finish: date | None
    is_set: bool = False


def expected_stages(stages: Sequence[StageDates], today: date) -> tuple[Expected, ...]:
    """Stages in the order of the line: what is late pushes what remains, each keeps its planned length."""
    expected: list[Expected] = []
    late, ahead = NOT_LATE, None
    for stage in stages:
        found = _expected(stage, stage.planned_start or ahead or stage.actual_start, late, today)
        if found.finish and stage.planned_finish:
            late = max(NOT_LATE, found.finish - stage.planned_finish)
        ahead = stage.planned_finish or ahead
        expected.append(found)
    return tuple(expected)


def _expected(stage: StageDates, planned_start: date | None, late: timedelta, today: date) -> Expected:
    if stage.actual_finish:
        return Expected(stage.actual_start, stage.actual_finish)
    is_set = stage.set_finish is not None
    if stage.actual_start:
        finish = stage.set_finish or _after(stage, planned_start, stage.actual_start)
        return Expected(stage.actual_start, max(finish, today) if finish else None, is_set)
    start = stage.set_start or (max(planned_start + late, today) if planned_start else None)
    finish = stage.set_finish or (_after(stage, planned_start, start) if start else _shifted(stage, late))
    return Expected(start, max(finish, start or today, today) if finish else None, is_set)


def _after(stage: StageDates, planned_start: date | None, start: date) -> date | None:
    """The finish when the stage takes as long as planned."""
    if stage.planned_finish is None:
        return None
    length = stage.planned_finish - planned_start if planned_start else NOT_LATE
    return max(start + max(length, NOT_LATE), stage.planned_finish)


def _shifted(stage: StageDates, late: timedelta) -> date | None:
    return stage.planned_finish + late if stage.planned_finish else None


@dataclass(frozen=True)
class MilestoneDates:
    planned_on: date
    actual_on: date | None = None


@dataclass(frozen=True)
class Link:
    """The successor comes at least `lag_days` after the predecessor."""

    predecessor: int
    successor: int
    lag_days: int = 0


class Circle(Exception):
    """Milestones that wait for each other; `path` begins and ends with the same one."""

    def __init__(self, path: Sequence[int]) -> None:
        super().__init__(" > ".join(map(str, path)))
        self.path = tuple(path)


def expected_milestones(
    milestones: Mapping[int, MilestoneDates], links: Sequence[Link], today: date
) -> dict[int, date]:
    """Each on its planned day, or later where what it waits for is later; raises `Circle`."""
    waits: dict[int, list[Link]] = {key: [] for key in milestones}
    for link in links:
        if link.predecessor in waits and link.successor in waits:
            waits[link.successor].append(link)
    expected: dict[int, date] = {}
    for key in in_order([link for found in waits.values() for link in found], milestones):
        milestone = milestones[key]
        days = [expected[link.predecessor] + timedelta(days=link.lag_days) for link in waits[key]]
        expected[key] = milestone.actual_on or max(milestone.planned_on, today, *days)
    return expected


def in_order(links: Sequence[Link], keys: Iterable[int] = ()) -> list[int]:
    """Every predecessor before its successors; raises `Circle` with the path."""
    graph: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(keys, ()))
    for link in links:
        graph.add(link.successor, link.predecessor)
    try:
        return list(graph.static_order())
    except CycleError as error:
        raise Circle(error.args[1]) from error
