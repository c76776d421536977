"""Questions about KPIs and value contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from people.models import User


class KpiQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> KpiQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class ValueContractQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ValueContractQuerySet:
        return self if user.sees_everything else self.filter(kpi__project__memberships__user=user)

    def in_force(self) -> ValueContractQuerySet:
        """What counts today: the signed version of a KPI, or its newest draft while nothing is signed."""
        newest = self.model._default_manager.filter(kpi=models.OuterRef("kpi")).exclude(status="superseded")
        ranked = newest.order_by(models.Case(models.When(status="signed", then=0), default=1), "-version")
        return self.filter(pk=models.Subquery(ranked.values("pk")[:1]))


class OfProjectQuerySet(models.QuerySet):
    """Rows that a person sees where he sees their project."""

    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(project__memberships__user=user)
