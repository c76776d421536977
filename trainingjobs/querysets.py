"""Questions about the queue."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

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

    def with_lost_lease(self, now: datetime) -> TrainingJobQuerySet:
        return self.filter(state="running", lease_until__lt=now)


class OutboxQuerySet(models.QuerySet):
    def due(self, now: datetime) -> OutboxQuerySet:
        return self.filter(delivered_at=None, not_before__lte=now)
