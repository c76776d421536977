"""Questions about money."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Sum

if TYPE_CHECKING:
    from finance.models import RateCard
    from people.models import User


class RateCardQuerySet(models.QuerySet):
    def in_force(self, on: date) -> RateCard | None:
        """The card that prices work on that day: the latest valid one, the highest version of it."""
        return self.filter(valid_from__lte=on).order_by("-valid_from", "-version").first()


class BudgetQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BudgetQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class BudgetLineQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BudgetLineQuerySet:
        return self if user.sees_everything else self.filter(budget__project__memberships__user=user)

    def with_available(self) -> BudgetLineQuerySet:
        """The one definition of what may still be committed: plan less open reservations less actuals."""
        return self.annotate(available=F("planned_minor") - F("reserved_minor") - F("spent_minor"))

    def totals(self) -> dict[str, int]:
        sums = self.aggregate(planned=Sum("planned_minor"), reserved=Sum("reserved_minor"), spent=Sum("spent_minor"))
        return {name: value or 0 for name, value in sums.items()}
