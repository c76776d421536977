"""Questions about projects and feedback. Every page and every endpoint begins with `visible_to`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from people.models import User


class ProjectQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ProjectQuerySet:
        return self if user.sees_everything else self.filter(memberships__user=user)

    def with_people(self) -> ProjectQuerySet:
        return self.select_related("lead", "sponsor", "portfolio")


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> FeedbackQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class DemandQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> DemandQuerySet:
        """A submitted demand is for everybody who signs in; a draft is its proposer's and of those who see all."""
        return self if user.sees_everything else self.filter(~models.Q(status="draft") | models.Q(proposer=user))


class OfProjectQuerySet(models.QuerySet):
    """Rows that a person sees where he sees their project."""

    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class MilestoneQuerySet(OfProjectQuerySet):
    def ahead(self) -> MilestoneQuerySet:
        return self.filter(actual_on=None)


class RiskQuerySet(OfProjectQuerySet):
    def open(self) -> RiskQuerySet:
        return self.filter(closed_on=None)


class AllocationQuerySet(OfProjectQuerySet):
    def on(self, day: date) -> AllocationQuerySet:
        """Those that hold on a day."""
        return self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=day), valid_from__lte=day)
