"""The REST face of budgets, reservations and rate cards: the same questions and verbs as the pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import Budget, BudgetLine, RateCard, Reservation
from finance.permissions import may_approve_budget, may_publish_rates
from finance.serializers import (
    BudgetIn,
    BudgetOut,
    LinePolicyIn,
    MeterIn,
    OpenBudgetIn,
    RateCardIn,
    RateCardOut,
    ReservationOut,
)
from finance.services.budget import approve_budget, set_line_policy
from finance.services.plan import open_budget
from finance.services.rates import publish_rate_card
from finance.services.tranches import meter_budget
from people.idempotency import idempotent
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
    inputs = {"create": BudgetIn, "open": OpenBudgetIn, "meter": MeterIn, "line_policy": LinePolicyIn}
    who_may = dict.fromkeys(("create", "open", "meter", "line_policy"), may_approve_budget)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Approve a budget."""
        return self.created(approve_budget(**self.accepted(), by=self.person))

    @extend_schema(responses={201: BudgetOut}, filters=False)
    @action(detail=False, methods=["post"])
    @idempotent()
    def open(self, request: Request) -> Response:
        """Open a budget that has no money yet: its plan comes in versions."""
        return self.created(open_budget(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses=BudgetOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def meter(self, request: Request, pk: int) -> Response:
        """Plan which money which gate releases; tranches that are released stay, those of begun stages are at once."""
        budget = self.get_object()
        given = MeterIn(data=request.data, context={**self.get_serializer_context(), "budget": budget})
        given.is_valid(raise_exception=True)
        meter_budget(budget=budget, **given.validated_data, at=timezone.now(), by=self.person)
        return self.answer(budget)

    @extend_schema(responses=BudgetOut)
    @action(detail=True, methods=["post"], url_path="line-policy")
    @idempotent()
    def line_policy(self, request: Request, pk: int) -> Response:
        """Say what happens when a line is used up: stop, warn or ignore."""
        budget, accepted = self.get_object(), self.accepted()
        line = budget.lines.filter(category=accepted["category"]).first()
        if line is None:
            fault = ValidationError(_("The budget has no such line. Plan it in a version first."), code="no_line")
            raise ValidationError({"category": fault})
        set_line_policy(line=line, policy=accepted["policy"], by=self.person)
        return self.answer(budget)


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

    @idempotent()
    def create(self, request: Request) -> Response:
        """Publish the next version of a rate card; one that comes late changes nothing that is posted by itself."""
        return self.created(publish_rate_card(**self.accepted(), by=self.person))
