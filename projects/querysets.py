"""Questions about projects and feedback. Every page and every endpoint begins with `visible_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
