"""Whose hours a project has: those who give them on a day and those who will, of today or as a past day knew it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from people.models import Employment
from portal.boards.people_then import allocations_then
from projects.models import Allocation, Project


@dataclass(frozen=True)
class TeamLine:
    """One allocation, and what its person is employed at while it holds."""

    allocation: Allocation
    person: Employment


@dataclass(frozen=True)
class Team:
    """The lines in their order, how many people give hours for certain on the day, and how many hours a week."""

    lines: tuple[TeamLine, ...]
    people: int
    hours: int


def team_of(project: Project, today: date, on: date | None = None) -> Team:
    """Two questions for today; a past day is read back from the audit trail."""
    day, rows = on or today, _held(project, today, on)
    told = _told([row.employment for row in rows])
    lines = [TeamLine(row, person) for row in rows if (person := _row_of(row, told, day))]
    lines.sort(key=lambda line: (line.allocation.valid_from > day, line.person.name, line.allocation.valid_from))
    held = [line.allocation for line in lines]
    certain = [row for row in held if row.valid_from <= day and row.status == Allocation.Status.CONFIRMED]
    people = {row.employment.person for row in certain}
    return Team(tuple(lines), len(people), sum(row.hours_per_week for row in certain))


def _held(project: Project, today: date, on: date | None) -> list[Allocation]:
    if on is None:
        return list(Allocation.objects.filter(project=project).from_day(today).select_related("employment"))
    known = allocations_then(on, project)
    return [row for row in known if row.valid_to is None or row.valid_to > max(on, row.valid_from)]


def _told(people: Sequence[Employment]) -> list[Employment]:
    sources, numbers = {row.source for row in people}, {row.external_id for row in people}
    told = Employment.objects.filter(source__in=sources, external_id__in=numbers)
    return list(told.select_related("role").order_by("valid_from"))


def _row_of(row: Allocation, told: Sequence[Employment], day: date) -> Employment | None:
    """The row of the person that holds on the day, or on the first of the allocation; None for who has left by then."""
    begun = max(day, row.valid_from)
    for one in told:
        if one.person == row.employment.person and one.valid_from <= begun < (one.valid_to or date.max):
            return one
    return None
