"""Questions about runs and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from people.models import User


class RunQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> RunQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)

    def finished(self) -> RunQuerySet:
        return self.filter(status="finished")


class ModelVersionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ModelVersionQuerySet:
        return self if user.sees_everything else self.filter(run__project__memberships__user=user)

    def of_kinds(self, kinds: tuple[str, ...]) -> ModelVersionQuerySet:
        return self.filter(kind__in=kinds)
