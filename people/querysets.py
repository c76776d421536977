"""Which rows of people matter to whom, and when."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from people.models import User


class OutboxQuerySet(models.QuerySet):
    def due(self, now: datetime) -> OutboxQuerySet:
        return self.filter(delivered_at=None, not_before__lte=now)


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """A notice belongs to one person, whatever anybody's role."""
        return self.filter(user=user)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)

    def unread_first(self) -> NoticeQuerySet:
        return self.alias(is_read=models.Q(read_at__isnull=False)).order_by("is_read", "-id")


class EmploymentQuerySet(models.QuerySet):
    def on(self, day: date) -> EmploymentQuerySet:
        """Those that hold on a day."""
        return self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=day), valid_from__lte=day)
