"""The REST face of allocations: whose time a project has."""

from functools import partial
from typing import Any

from django.db import models
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.batches import RecordedOut, record_all
from people.idempotency import idempotent
from people.viewsets import ReadableViewSet
from projects.models import Allocation
from projects.permissions import may_allocate
from projects.serializers_people import AllocationIn, AllocationOut, AllocationsIn
from projects.serializers_plan import DayIn
from projects.services import allocate, end_allocation


class AllocationFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    on = filters.DateFilter(method="holding_on", label="Those that hold on a day.")

    class Meta:
        model = Allocation
        fields = ["employment", "status", "source", "external_id"]

    def holding_on(self, rows: Any, _name: str, day: Any) -> models.QuerySet:
        return rows.on(day)


class AllocationViewSet(ReadableViewSet):
    """Hours a week of people for projects. Managers and finance write them."""

    queryset = Allocation.objects.select_related("project", "employment").order_by("-valid_from", "-id")
    scope = "people.allocations"
    serializer_class = AllocationOut
    filterset_class = AllocationFilter
    lookup_value_converter = "int"
    inputs = {"create": AllocationIn, "batch": AllocationsIn, "end": DayIn}
    who_may = dict.fromkeys(("create", "batch", "end"), may_allocate)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Allocate somebody; the same source and number again changes that allocation."""
        return self.created(allocate(**self.accepted(), by=self.person))

    @extend_schema(responses={201: RecordedOut}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent()
    def batch(self, request: Request) -> Response:
        """Allocate up to 1,000 times, all or none; the same source and number again changes that allocation."""
        return record_all("allocations", self.accepted()["allocations"], partial(allocate, by=self.person))

    @extend_schema(responses=AllocationOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def end(self, request: Request, pk: int) -> Response:
        """End an allocation from a day on; one that would begin later never does."""
        return self.answer(end_allocation(allocation=self.get_object(), **self.accepted(), by=self.person))
