"""Who worked on what at the end of a past day: rows that change in place are read back from the audit trail.

The trail keeps no names: who was renamed since bears the name of today.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from operator import attrgetter

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_date

from finance.models import TimeEntry
from outcomes.querysets import day_ends
from people.foreign_keys import fetch
from people.models import AuditEntry, Department, Employment, JobRole
from people.trail import told
from portal.boards.people import ORDERS, PeopleSum, PersonRow, month_before, person_rows
from projects.models import Allocation, Project

Subject = tuple[str, str]  # the kind of a row and its key, as the trail names them


def people_then(on: date, department: str = "", sort: str = "name") -> list[Employment]:
    """Employments that held on a day as was known then, with the hours given to projects."""
    given: dict[tuple[str, str], int] = defaultdict(int)
    for held in held_then(on):
        if held.status == Allocation.Status.CONFIRMED:
            given[held.employment.person] += held.hours_per_week
    rows = [row for row in employments_then(on) if _holds(row, on) and department in {"", row.department.code}]
    for row in rows:
        row.given_hours = given[row.person]  # type: ignore[attr-defined]
    by = attrgetter(ORDERS.get(sort.removeprefix("-"), "name").replace("__", "."))
    return sorted(sorted(rows, key=attrgetter("name", "pk")), key=by, reverse=sort.startswith("-"))


def sum_then(people: Sequence[Employment]) -> PeopleSum:
    """All people of the filter, in hours a week."""
    given = [(row.given_hours, row.hours_per_week) for row in people]  # type: ignore[attr-defined]
    hours, promised = sum(have for _given, have in given), sum(hours for hours, _have in given)
    return PeopleSum(len(people), hours, promised, sum(hours > have for hours, have in given))


def rows_then(people: Sequence[Employment], on: date) -> tuple[PersonRow, ...]:
    """The people of one page with their allocations, and the hours that had been told."""
    held = held_then(on)
    fetch(held, "project")
    held.sort(key=lambda row: (-row.hours_per_week, row.project.key))
    end = day_ends(on)
    worked = TimeEntry.objects.standing(end).of_days(*month_before(on)).filter(recorded_at__lt=end)
    return person_rows(people, on, employments_then(on), held, worked)


def employments_then(on: date) -> list[Employment]:
    """What the HR system had told of everybody."""
    changed, before = _told(on, "record_employment", "end_employment")
    rows = [row for row in Employment.objects.order_by("pk") if _was_there(row, changed, before)]
    roles = dict(JobRole.objects.values_list("code", "pk"))
    departments = dict(Department.objects.values_list("code", "pk"))
    for row in rows:
        for entry in before[_subject(row)] if _subject(row) in changed else ():
            detail = entry.detail
            if entry.verb == "end_employment":
                row.valid_to = parse_date(detail["on"])
            else:
                row.role_id, row.department_id = roles[detail["role"]], departments[detail["department"]]
                row.fte_percent, row.valid_to = detail["fte_percent"], parse_date(detail.get("to", ""))
    fetch(rows, "role", "department")
    return rows


def held_then(on: date) -> list[Allocation]:
    """The hours of people that projects had been given on the day, as it stood then."""
    return [row for row in allocations_then(on) if _holds(row, on)]


def allocations_then(on: date, project: Project | None = None) -> list[Allocation]:
    """All hours of people that had been given for whatever days, as it stood then; to one project or to any."""
    changed, before = _told(on, "allocate", "change_allocation", "free_people")
    rows: QuerySet[Allocation] = Allocation.objects.order_by("pk")
    if project is not None:
        label = Allocation._meta.label_lower
        rows = rows.filter(Q(project=project.pk) | Q(pk__in=[key for kind, key in changed if kind == label]))
    there = [row for row in rows if _was_there(row, changed, before)]
    keys = dict(Project.objects.values_list("key", "pk"))
    for row in there:
        if not changed.isdisjoint({_subject(row), ("projects.project", str(row.project_id))}):
            _give_back(row, before, keys)
    kept = [row for row in there if project is None or row.project_id == project.pk]
    fetch(kept, "employment")
    return kept


def _give_back(row: Allocation, before: dict[Subject, list[AuditEntry]], keys: dict[str, int]) -> None:
    """What an allocation said, and the end that its project put to it, in their order."""
    for entry in before[_subject(row)]:
        detail = entry.detail
        row.project_id, row.employment_id = keys[detail["project"]], detail.get("employment", row.employment_id)
        row.hours_per_week, row.status = detail["hours"], detail["status"]
        row.valid_from, row.valid_to = date.fromisoformat(detail["from"]), parse_date(detail["to"])
        for end in before["projects.project", str(row.project_id)]:
            on = date.fromisoformat(end.detail["on"])
            if end.pk > entry.pk and (row.valid_to is None or row.valid_to > on):
                row.valid_to = max(row.valid_from, on)


def _told(on: date, *verbs: str) -> tuple[set[Subject], dict[Subject, list[AuditEntry]]]:
    """What these verbs have changed since a day, and what they had done before, the oldest first."""
    since = told().filter(verb__in=verbs, at__gte=day_ends(on)).order_by()
    changed = set(since.values_list("subject_type", "subject_id"))
    before: dict[Subject, list[AuditEntry]] = defaultdict(list)
    if changed:
        for entry in AuditEntry.objects.filter(verb__in=verbs).exclude(pk__in=since.values("pk")).order_by("pk"):
            before[entry.subject_type, entry.subject_id].append(entry)
    return changed, before


def _was_there(row: Model, changed: set[Subject], before: dict[Subject, list[AuditEntry]]) -> bool:
    return _subject(row) not in changed or bool(before[_subject(row)])


def _subject(row: Model) -> Subject:
    return row._meta.label_lower, str(row.pk)


def _holds(row: Employment | Allocation, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
