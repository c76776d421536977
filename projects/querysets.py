"""Questions about projects and feedback. Every page and every endpoint begins with `visible_to`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from people.models import Employment

if TYPE_CHECKING:
    from people.models import User


MOST_OFFERED = 100


class ProjectQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ProjectQuerySet:
        return self if user.sees_everything else self.filter(memberships__user=user)

    def running(self) -> ProjectQuerySet:
        """Neither killed nor completed: active, or resting for a while."""
        return self.filter(status__in=["active", "on_hold"])

    def offered(self) -> list[Any]:
        """To choose from, by key; none where there are more than anybody reads: then a key is typed."""
        projects = list(self.order_by("key")[: MOST_OFFERED + 1])
        return projects if len(projects) <= MOST_OFFERED else []

    def with_people(self) -> ProjectQuerySet:
        return self.select_related("lead", "sponsor", "portfolio", "programme")


class ProgrammeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ProgrammeQuerySet:
        """Those that hold a project which the person sees."""
        return self if user.sees_everything else self.filter(projects__memberships__user=user).distinct()


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> FeedbackQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class DemandQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> DemandQuerySet:
        """A submitted demand is for everybody who signs in, a draft only for its proposer and those who see all.

        What improves a project bears its figures, so it is for those who see the project."""
        if user.sees_everything:
            return self
        projects: Any = self.model._meta.get_field("improves").related_model
        seen = projects.objects.visible_to(user)
        is_open = ~models.Q(status="draft") & (models.Q(improves=None) | models.Q(improves__in=seen))
        return self.filter(is_open | models.Q(proposer=user))

    def waiting(self) -> DemandQuerySet:
        """Those that wait for a decision."""
        return self.filter(status__in=["submitted", "under_review"])


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
        """Those that hold on a day: who has left gives no hours, whatever had been agreed."""
        person = {name: models.OuterRef(f"employment__{name}") for name in ("source", "external_id")}
        employed = models.Exists(Employment.objects.on(day).filter(**person))
        return self.filter(employed, models.Q(valid_to=None) | models.Q(valid_to__gt=day), valid_from__lte=day)

    def from_day(self, day: date) -> AllocationQuerySet:
        """Those that hold on a day, and those that will; what was taken back before it began holds on none."""
        lasting = models.Q(valid_to=None) | models.Q(valid_to__gt=day) & models.Q(valid_to__gt=models.F("valid_from"))
        return self.filter(lasting)

    def of_person(self, source: str, external_id: str) -> AllocationQuerySet:
        """Of one person, whatever row of employment they were given under."""
        return self.filter(employment__source=source, employment__external_id=external_id)
