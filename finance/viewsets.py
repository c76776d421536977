"""The REST face of budgets, reservations and rate cards: the same questions and verbs as the pages."""

from typing import Any

from django.db import models
from django_filters import rest_framework as filters
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import Budget, BudgetLine, RateCard, Reservation
from finance.permissions import may_approve_budget, may_publish_rates
from finance.serializers import BudgetIn, BudgetOut, RateCardIn, RateCardOut, ReservationOut
from finance.services.budget import approve_budget
from finance.services.rates import publish_rate_card
from people.models import User
from people.viewsets import ReadableViewSet


class BudgetFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Budget
        fields = ["currency"]


class BudgetViewSet(ReadableViewSet):
    """Approved money of a project, by category: planned, released, reserved, committed, spent, available."""

    queryset = Budget.objects.select_related("project", "approved_by").prefetch_related(
        models.Prefetch("lines", BudgetLine.objects.select_related("budget")), "versions"
    )
    serializer_class = BudgetOut
    scope = "finance.budgets"
    filterset_class = BudgetFilter
    lookup_value_converter = "int"
    inputs = {"create": BudgetIn}
    who_may = {"create": may_approve_budget}

    def create(self, request: Request) -> Response:
        """Approve a budget."""
        return self.created(approve_budget(**self.accepted(), by=self.person))


class ReservationFilter(filters.FilterSet):
    project = filters.CharFilter("line__budget__project__key")

    class Meta:
        model = Reservation
        fields = ["line", "status", "reference"]


class ReservationViewSet(ReadableViewSet):
    """Money held for work that has been approved and not yet paid."""

    queryset = Reservation.objects.select_related("line__budget__project").order_by("-created_at", "-id")
    serializer_class = ReservationOut
    scope = "finance.budgets"
    filterset_class = ReservationFilter
    lookup_value_converter = "int"

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(line__in=BudgetLine.objects.visible_to(user))


class RateCardViewSet(ReadableViewSet):
    """Prices of machine time. Everybody may read what a job will cost."""

    queryset = RateCard.objects.all()
    serializer_class = RateCardOut
    scope = "finance.rates"
    filterset_fields = ["name", "currency"]
    lookup_value_converter = "int"
    inputs = {"create": RateCardIn}
    who_may = {"create": may_publish_rates}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    def create(self, request: Request) -> Response:
        """Publish the next version of a rate card."""
        return self.created(publish_rate_card(**self.accepted(), by=self.person))
