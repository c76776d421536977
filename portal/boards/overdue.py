"""How late the conditions of a go are, project by project."""

from collections.abc import Iterable
from datetime import date

from outcomes.models import GateCondition


def longest_overdue(projects: Iterable[int], on: date, past: bool) -> dict[int, int]:
    """Days that the longest overdue condition of each project is late; one question."""
    found = GateCondition.objects.filter(decision__review__project__in=list(projects)).overdue(on)
    open_ones = found.open_on(on) if past else found.open()
    days: dict[int, int] = {}
    for key, due_on in open_ones.values_list("decision__review__project", "due_on"):
        days[key] = max(days.get(key, 0), (on - due_on).days)
    return days
