"""How full the weeks of a person are in some time: the hours there are against those that projects were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from people.models import Employment
from projects.models import Allocation


@dataclass(frozen=True)
class Load:
    """The day on which the fewest hours are left, and the hours a week of it."""

    day: date
    hours: float
    given: int
    tentative: int = 0

    @property
    def left(self) -> float:
        return max(0.0, self.hours - self.given)

    @property
    def over(self) -> float:
        return max(0.0, self.given - self.hours)

    def and_also(self, hours: int) -> "Load":
        """The same day with some more hours given."""
        return Load(self.day, self.hours, self.given + hours, self.tentative)


def tightest(employment: Employment, begin: date, end: date | None, without: Allocation | None = None) -> Load:
    """The tightest day from one on and before another; `without` leaves one allocation out, which is to change."""
    told = list(Employment.objects.of_person(*employment.person))
    held = list(Allocation.objects.of_person(*employment.person).from_day(begin))
    held = [row for row in held if without is None or row.pk != without.pk]
    turns = {row.valid_from for row in (*told, *held)} | {row.valid_to for row in (*told, *held) if row.valid_to}
    days = [begin, *sorted(day for day in turns if day > begin and (end is None or day < end))]
    loads = [_load(told, held, day) for day in days]
    employed = [load for load in loads if load.hours] or loads[:1]
    return min(employed, key=lambda load: (load.hours - load.given, load.day))


def _load(told: Sequence[Employment], held: Sequence[Allocation], day: date) -> Load:
    hours = sum(row.hours_per_week for row in told if _holds(row, day))
    given = dict.fromkeys(Allocation.Status.values, 0)
    for row in held:
        if _holds(row, day):
            given[row.status] += row.hours_per_week
    return Load(day, hours, given[Allocation.Status.CONFIRMED], given[Allocation.Status.TENTATIVE])


def _holds(row: Employment | Allocation, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
