"""Who works on what: hours that people have, hours that projects were given, and hours that were worked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from finance.models import TimeEntry
from people.models import Employment
from people.models.person import FULL_TIME_HOURS
from portal.export import Column, Table, in_lots
from projects.models import Allocation

WEEKDAYS = 5
MOST_LATER = 20
ORDERS = {
    "name": "name",
    "role": "role__name",
    "department": "department__name",
    "hours": "fte_percent",
    "given": "given_hours",
}


@dataclass(frozen=True)
class PersonRow:
    """One person on a day, and the full month before it. Where nothing could be worked there is no utilisation."""

    employment: Employment
    allocations: tuple[Allocation, ...]
    worked_hours: float
    month_hours: float

    @property
    def given_hours(self) -> int:
        """What is promised to projects for certain; what is tentative stands beside it."""
        return sum(row.hours_per_week for row in self.allocations if row.status == Allocation.Status.CONFIRMED)

    @property
    def tentative_hours(self) -> int:
        return sum(row.hours_per_week for row in self.allocations if row.status == Allocation.Status.TENTATIVE)

    @property
    def over_hours(self) -> float:
        return max(0.0, self.given_hours - self.employment.hours_per_week)

    @property
    def utilisation(self) -> float | None:
        return self.worked_hours / self.month_hours if self.month_hours else None


@dataclass(frozen=True)
class PeopleSum:
    """All people of the filter, in hours a week."""

    people: int
    hours: float
    given_hours: int
    over: int


def people_on(day: date, department: str = "", sort: str = "name") -> QuerySet:
    """Employments that hold on a day, with the hours given to projects, filtered and ordered in SQL."""
    given = (
        Allocation.objects.on(day)
        .filter(
            status=Allocation.Status.CONFIRMED,
            employment__source=OuterRef("source"),
            employment__external_id=OuterRef("external_id"),
        )
        .order_by()
        .values("employment__external_id")
        .annotate(total=Sum("hours_per_week"))
        .values("total")
    )
    rows = (
        Employment.objects.on(day)
        .select_related("role", "department")
        .annotate(given_hours=Coalesce(Subquery(given), 0))
    )
    if department:
        rows = rows.filter(department__code=department)
    column = F(ORDERS.get(sort.removeprefix("-"), "name"))
    return rows.order_by(column.desc() if sort.startswith("-") else column.asc(), "name", "pk")


def later_than(day: date) -> list[Employment]:
    """Who begins to be employed after a day: on the board he stands from then on."""
    employed = Employment.objects.on(day).filter(source=OuterRef("source"), external_id=OuterRef("external_id"))
    later = Employment.objects.filter(~Exists(employed), valid_from__gt=day)
    return list(later.order_by("valid_from", "name", "pk")[:MOST_LATER])


def sum_of(people: QuerySet) -> PeopleSum:
    over = Q(given_hours__gt=F("fte_percent") * FULL_TIME_HOURS / 100.0)
    sums = people.order_by().aggregate(
        people=Count("pk"),
        fte=Sum("fte_percent", default=0),
        given=Sum("given_hours", default=0),
        over=Count("pk", filter=over),
    )
    return PeopleSum(sums["people"], sums["fte"] * FULL_TIME_HOURS / 100, sums["given"], sums["over"])


def month_before(day: date) -> tuple[date, date]:
    """The last full month: its first day and the day after it."""
    end = day.replace(day=1)
    return (end - timedelta(days=1)).replace(day=1), end


def rows_of(people: Sequence[Employment], day: date) -> tuple[PersonRow, ...]:
    """The people of one page with their allocations and hours: three questions, whatever the page holds."""
    sources, numbers = {row.source for row in people}, {row.external_id for row in people}
    told = Employment.objects.filter(source__in=sources, external_id__in=numbers)
    of_them = Q(employment__source__in=sources, employment__external_id__in=numbers)
    held = Allocation.objects.on(day).filter(of_them).select_related("project", "employment")
    worked = TimeEntry.objects.standing().of_days(*month_before(day)).filter(of_them)
    return person_rows(people, day, told, held.order_by("-hours_per_week", "project__key"), worked)


def person_rows(
    people: Sequence[Employment],
    day: date,
    told: Iterable[Employment],
    held: Iterable[Allocation],
    worked: QuerySet[TimeEntry],
) -> tuple[PersonRow, ...]:
    """The people with what they were told to be, hold and have worked in the month before."""
    begin, end = month_before(day)
    capacity: dict[tuple[str, str], float] = defaultdict(float)
    for row in told:
        if row.valid_from < end and (row.valid_to is None or row.valid_to > begin):
            days = weekdays(max(begin, row.valid_from), min(end, row.valid_to or end))
            capacity[row.person] += days * row.hours_per_week / WEEKDAYS
    given = defaultdict(list)
    for allocation in held:
        given[allocation.employment.person].append(allocation)
    minutes = {
        (row["employment__source"], row["employment__external_id"]): row["total"]
        for row in worked.order_by()
        .values("employment__source", "employment__external_id")
        .annotate(total=Sum("minutes"))
    }
    return tuple(
        PersonRow(row, tuple(given[row.person]), minutes.get(row.person, 0) / 60, capacity[row.person])
        for row in people
    )


def weekdays(begin: date, end: date) -> int:
    """Mondays to Fridays from one day on and before another."""
    return sum((begin + timedelta(days=number)).weekday() < WEEKDAYS for number in range((end - begin).days))


def rows_in_lots(people: QuerySet, day: date) -> Iterator[PersonRow]:
    """Everybody's rows, as they are read from the database."""
    return (row for lot in in_lots(people) for row in rows_of(lot, day))


def table_of(rows: Iterable[PersonRow]) -> Table:
    """People to take along."""
    columns = (
        Column(_("Person"), 24),
        Column(_("Source"), 10),
        Column(_("Number"), 12),
        Column(_("Role"), 20),
        Column(_("Department"), 20),
        Column(_("Share of full time in percent")),
        Column(_("Hours a week")),
        Column(_("Works on"), 40),
        Column(_("Given to projects")),
        Column(_("Tentative")),
        Column(_("Over by")),
        Column(_("Worked in the month before")),
        Column(_("Capacity of that month")),
        Column(_("Utilisation")),
    )
    return Table("people", columns, map(_cells, rows))


def _cells(row: PersonRow) -> list[Any]:
    person = row.employment
    return [
        person.name,
        person.source,
        person.external_id,
        str(person.role),
        str(person.department),
        person.fte_percent,
        person.hours_per_week,
        "; ".join(f"{one.project.key} {one.hours_per_week} h" for one in row.allocations),
        row.given_hours,
        row.tentative_hours,
        row.over_hours,
        round(row.worked_hours, 2),
        round(row.month_hours, 2),
        None if row.utilisation is None else round(row.utilisation, 4),
    ]
