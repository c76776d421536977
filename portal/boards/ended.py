"""Projects that were killed or completed: left out of what runs, their money still countable."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Sum

from finance.models import BudgetLine
from people.models import User
from projects.models import Project


@dataclass(frozen=True)
class Ended:
    """How many projects have ended, and what they spent in the currency of the house."""

    count: int
    spent_minor: int
    currency: str


def ended_of(user: User) -> Ended:
    """The ended projects that the person may see."""
    ended = Project.objects.visible_to(user).exclude(ended_on=None)
    lines = BudgetLine.objects.filter(budget__project__in=ended, budget__currency=settings.CURRENCY)
    spent = lines.aggregate(minor=Sum("spent_minor"))["minor"] or 0
    return Ended(ended.count(), spent, settings.CURRENCY)
