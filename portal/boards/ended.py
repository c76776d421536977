"""Projects that were killed or completed: left out of what runs, their money still countable."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from finance.models import BudgetLine
from finance.sums import Sums
from finance.then import sums_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.then import projects_then
from projects.models import Project


@dataclass(frozen=True)
class Ended:
    """How many projects have ended, and what they spent in the currency of the house."""

    count: int
    spent_minor: int
    currency: str


def ended_of(user: User, on: date | None = None) -> Ended:
    """The ended projects that the person may see; with a past day those that had ended by then."""
    visible = Project.objects.visible_to(user)
    if on is None:
        keys = list(visible.exclude(ended_on=None).values_list("pk", flat=True))
    else:
        keys = [project.pk for project in projects_then(visible, on) if project.ended_on]
    rows = BudgetLine.objects.filter(budget__project__in=keys, budget__currency=settings.CURRENCY)
    sums = rows.totals() if on is None else Sums.together(sums_then(rows, day_ends(on)).values())
    return Ended(len(keys), sums.spent, settings.CURRENCY)
