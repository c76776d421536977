"""Questions about money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db import models
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

if TYPE_CHECKING:
    from finance.models import RateCard
    from people.models import User
    from projects.models import Project


class MonthSpend(TypedDict):
    """What was spent in the month that begins on `month`."""

    month: date
    currency: str
    minor: int


class RateCardQuerySet(models.QuerySet["RateCard"]):
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


class JournalEntryQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> JournalEntryQuerySet:
        if user.sees_everything:
            return self
        return self.filter(entries__line__budget__project__memberships__user=user).distinct()


class LedgerEntryQuerySet(models.QuerySet):
    """Spending is read from the ledger: the expense side of every entry, reversals counting negative."""

    def visible_to(self, user: User) -> LedgerEntryQuerySet:
        return self if user.sees_everything else self.filter(line__budget__project__memberships__user=user)

    def expenses(self) -> LedgerEntryQuerySet:
        return self.filter(account="expense")

    def of_projects(self, projects: Iterable[Project]) -> LedgerEntryQuerySet:
        return self.filter(line__budget__project__in=projects)

    def spend_by_month(self) -> list[MonthSpend]:
        """Minor units spent in each month that has entries, oldest first, by the day they took effect."""
        months = self.expenses().annotate(
            month=TruncMonth("journal_entry__effective_on"), currency=F("journal_entry__currency")
        )
        return list(
            months.values("month", "currency").annotate(minor=Sum("amount_minor")).order_by("month", "currency")
        )

    def spend_by_category(self) -> dict[str, int]:
        """Minor units spent on each category of budget line, for entries of one currency."""
        categories = self.expenses().values_list("line__category").annotate(minor=Sum("amount_minor"))
        return dict(categories.order_by("line__category"))
