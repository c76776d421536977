"""Questions about the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from people.models import User


class TrainingJobQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> TrainingJobQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)

    def for_list(self) -> TrainingJobQuerySet:
        """Everything a row of a job list shows, in one query."""
        return self.select_related("project", "submitted_by", "run", "rate_card", "charge")

    def queued(self) -> TrainingJobQuerySet:
        return self.filter(state="queued").order_by("submitted_at")

    def active(self) -> TrainingJobQuerySet:
        return self.filter(state__in=["queued", "running"])

    def held(self, job_id: UUID, fence: int) -> TrainingJobQuerySet:
        """The job while that claim still owns it, and nothing when it is stale: every effect goes through here."""
        return self.filter(pk=job_id, fence=fence, state="running")

    def with_lost_lease(self) -> TrainingJobQuerySet:
        """Running by a worker that has stopped saying so. The database's clock decides, as it set the lease."""
        return self.filter(state="running", lease_until__lt=Now())


def lease_end(seconds: float) -> models.Expression:
    """The end of a lease that begins now, by the clock of the database."""
    return models.ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=models.DateTimeField())


class OutboxQuerySet(models.QuerySet):
    def due(self, now: datetime) -> OutboxQuerySet:
        return self.filter(delivered_at=None, not_before__lte=now)
