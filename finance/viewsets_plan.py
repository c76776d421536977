"""The REST face of exchange rates, budget versions and tranches."""

from functools import partial
from typing import Any

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import Budget, BudgetVersion, ExchangeRate, FundingTranche, PlanLine, TrancheLine
from finance.permissions import may_approve_budget, may_publish_rates
from finance.serializers_plan import (
    BudgetVersionIn,
    BudgetVersionOut,
    ChangeDraftIn,
    ExchangeRateIn,
    ExchangeRateOut,
    RateBatchIn,
    TrancheOut,
)
from finance.services.exchange import record_exchange_rate
from finance.services.plan import approve_version, change_draft, draft_version
from people.batches import RecordedOut, record_all
from people.idempotency import idempotent
from people.models import User
from people.viewsets import ReadableViewSet


class ExchangeRateFilter(filters.FilterSet):
    valid_from = filters.DateFilter("valid_on", lookup_expr="gte")
    valid_before = filters.DateFilter("valid_on", lookup_expr="lt")

    class Meta:
        model = ExchangeRate
        fields = ["base", "quote", "kind", "source", "valid_on"]


class ExchangeRateViewSet(ReadableViewSet):
    """What one currency was worth in another, by kind and day. A correction is another row."""

    queryset = ExchangeRate.objects.all()
    serializer_class = ExchangeRateOut
    scope = "finance.rates"
    filterset_class = ExchangeRateFilter
    lookup_value_converter = "int"
    inputs = {"create": ExchangeRateIn, "batch": RateBatchIn}
    who_may = {"create": may_publish_rates, "batch": may_publish_rates}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Record one rate."""
        return self.created(record_exchange_rate(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses={201: RecordedOut}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent()
    def batch(self, request: Request) -> Response:
        """Record up to 1,000 rates of one source, all or none."""
        accepted = self.accepted()
        record = partial(record_exchange_rate, source=accepted["source"], at=timezone.now(), by=self.person)
        return record_all("rates", accepted["rates"], record)


class BudgetVersionFilter(filters.FilterSet):
    project = filters.CharFilter("budget__project__key")

    class Meta:
        model = BudgetVersion
        fields = ["budget", "status"]


class BudgetVersionViewSet(ReadableViewSet):
    """Plans of a budget by period, category and stage. The first approved one is the baseline."""

    queryset = BudgetVersion.objects.select_related("budget__project", "made_by", "approved_by").prefetch_related(
        models.Prefetch(
            "plan_lines", PlanLine.objects.select_related("period", "cost_centre", "version__budget").order_by("pk")
        )
    )
    serializer_class = BudgetVersionOut
    scope = "finance.budgets"
    filterset_class = BudgetVersionFilter
    lookup_value_converter = "int"
    inputs = {"create": BudgetVersionIn, "change": ChangeDraftIn}
    who_may = dict.fromkeys(("create", "change", "approve"), may_approve_budget)

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(budget__in=Budget.objects.visible_to(user))

    @idempotent()
    def create(self, request: Request) -> Response:
        """Draft the next version; nothing counts before it is approved."""
        return self.created(draft_version(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses=BudgetVersionOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def change(self, request: Request, pk: int) -> Response:
        """Write a draft anew, all its lines; a version that was approved stays as it is."""
        version = self.get_object()
        given = ChangeDraftIn(data=request.data, context={**self.get_serializer_context(), "version": version})
        given.is_valid(raise_exception=True)
        return self.answer(change_draft(version=version, **given.validated_data, by=self.person))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent()
    def approve(self, request: Request, pk: int) -> Response:
        """Put a draft in force: its sums become the control lines."""
        return self.answer(approve_version(version=self.get_object(), at=timezone.now(), by=self.person))


class TrancheFilter(filters.FilterSet):
    project = filters.CharFilter("budget__project__key")

    class Meta:
        model = FundingTranche
        fields = ["budget", "station"]


class TrancheViewSet(ReadableViewSet):
    """Parts of a metered budget that gates release."""

    queryset = FundingTranche.objects.select_related("budget__project", "released_by").prefetch_related(
        models.Prefetch("lines", TrancheLine.objects.select_related("line__budget").order_by("pk"))
    )
    serializer_class = TrancheOut
    scope = "finance.budgets"
    filterset_class = TrancheFilter
    lookup_value_converter = "int"
