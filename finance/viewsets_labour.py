"""The REST face of what people cost: rates of roles and worked time."""

from functools import partial
from typing import Any

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import RoleRate, TimeEntry
from finance.permissions import may_post, may_see_role_rates
from finance.serializers_labour import (
    AdjustedOut,
    AdjustIn,
    RateEffectOut,
    RoleRateIn,
    RoleRateOut,
    RoleRatesIn,
    TimeEntriesIn,
    TimeEntryIn,
    TimeEntryOut,
)
from finance.services.labour import adjust_for_rate, rate_effect, record_role_rate, record_time
from people.batches import RecordedOut, record_all
from people.idempotency import idempotent, told_again
from people.models import User
from people.viewsets import ReadableViewSet
from projects.permissions import may_contribute


class RoleRateFilter(filters.FilterSet):
    role = filters.CharFilter("role__code")

    class Meta:
        model = RoleRate
        fields = ["currency", "source", "external_id"]


class RoleRateViewSet(ReadableViewSet):
    """What an hour of a role costs, from when, and since when that is known. For managers and finance."""

    queryset = RoleRate.objects.select_related("role")
    serializer_class = RoleRateOut
    scope = "finance.rates"
    filterset_class = RoleRateFilter
    lookup_value_converter = "int"
    inputs = {"create": RoleRateIn, "batch": RoleRatesIn, "adjust": AdjustIn}
    who_may = {
        **dict.fromkeys(("list", "retrieve", "create", "batch", "effect"), may_see_role_rates),
        "adjust": may_post,
    }

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows if may_see_role_rates(user) else rows.none()

    @extend_schema(responses={200: RoleRateOut, 201: RoleRateOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        """Record a rate. A late one changes nothing that is posted until its effect is adjusted."""
        at = timezone.now()
        rate = record_role_rate(**self.accepted(), at=at, by=self.person)
        return self.created(rate) if rate.recorded_at == at else told_again(self.answer(rate))

    @extend_schema(responses={201: RecordedOut}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent()
    def batch(self, request: Request) -> Response:
        """Record up to 1,000 rates, all or none."""
        record = partial(record_role_rate, at=timezone.now(), by=self.person)
        return record_all("role_rates", self.accepted()["role_rates"], record)

    @extend_schema(responses=RateEffectOut)
    @action(detail=True, methods=["get"])
    def effect(self, request: Request, pk: int) -> Response:
        """What the rate would change about time that is posted already, by period and project."""
        return Response(RateEffectOut(rate_effect(self.get_object())).data)

    @extend_schema(responses=AdjustedOut)
    @action(detail=True, methods=["post"])
    def adjust(self, request: Request, pk: int) -> Response:
        """Post the differences into an open period, once for each time entry."""
        posted = adjust_for_rate(rate=self.get_object(), **self.accepted(), at=timezone.now(), by=self.person)
        return Response(AdjustedOut({"journal_entries": [entry.pk for entry in posted]}).data)


class TimeEntryFilter(filters.FilterSet):
    project = filters.CharFilter("line__budget__project__key")
    worked_from = filters.DateFilter("worked_on", lookup_expr="gte")
    worked_before = filters.DateFilter("worked_on", lookup_expr="lt")

    class Meta:
        model = TimeEntry
        fields = ["employment", "line", "source", "external_id"]


class TimeEntryViewSet(ReadableViewSet):
    """Worked time on projects. Managers and finance read and record everybody's, others their own."""

    queryset = TimeEntry.objects.select_related("employment", "line__budget__project")
    serializer_class = TimeEntryOut
    scope = "people.time"
    filterset_class = TimeEntryFilter
    lookup_value_converter = "int"
    inputs = {"create": TimeEntryIn, "batch": TimeEntriesIn}
    who_may = {"create": may_contribute, "batch": may_contribute}

    @extend_schema(responses={200: TimeEntryOut, 201: TimeEntryOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        """Record worked time; its cost is posted at the rate of the role on that day."""
        at = timezone.now()
        entry = record_time(**self.accepted(), at=at, by=self.person)
        return self.created(entry) if entry.recorded_at == at else told_again(self.answer(entry))

    @extend_schema(responses={201: RecordedOut}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent()
    def batch(self, request: Request) -> Response:
        """Record up to 1,000 times, all or none; those that are recorded already change nothing."""
        record = partial(record_time, at=timezone.now(), by=self.person)
        return record_all("time_entries", self.accepted()["time_entries"], record)
