"""The REST face of roles and employments: what HR systems tell."""

from functools import partial
from typing import Any

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.batches import RecordedOut, record_all
from people.idempotency import idempotent
from people.models import Employment, JobRole, User
from people.permissions import may_see_people
from people.serializers_employment import EmploymentIn, EmploymentOut, EmploymentsIn, JobRoleIn, JobRoleOut
from people.services import add_job_role, record_employment
from people.viewsets import ReadableViewSet


class JobRoleViewSet(ReadableViewSet):
    """Roles that people are employed at. Everybody may read them; what an hour costs stands elsewhere."""

    queryset = JobRole.objects.all()
    serializer_class = JobRoleOut
    scope = "people.employments"
    filterset_fields = ["code"]
    lookup_value_converter = "int"
    inputs = {"create": JobRoleIn}
    who_may = {"create": may_see_people}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Add a role."""
        return self.created(add_job_role(**self.accepted(), by=self.person))


class EmploymentFilter(filters.FilterSet):
    role = filters.CharFilter("role__code")
    department = filters.CharFilter("department__code")
    on = filters.DateFilter(method="holding_on", label="Those that hold on a day.")

    class Meta:
        model = Employment
        fields = ["source", "external_id"]

    def holding_on(self, rows: Any, _name: str, day: Any) -> models.QuerySet:
        return rows.on(day)


class EmploymentViewSet(ReadableViewSet):
    """Who is employed at what role, share of full time and department. For managers and finance."""

    queryset = Employment.objects.select_related("role", "department", "user")
    serializer_class = EmploymentOut
    scope = "people.employments"
    filterset_class = EmploymentFilter
    lookup_value_converter = "int"
    inputs = {"create": EmploymentIn, "batch": EmploymentsIn}
    who_may = dict.fromkeys(("list", "retrieve", "create", "batch"), may_see_people)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Record what the HR system says of a person; the same facts again change nothing."""
        return self.created(record_employment(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses={201: RecordedOut}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent()
    def batch(self, request: Request) -> Response:
        """Record up to 1,000 employments, all or none; the same facts again change nothing."""
        record = partial(record_employment, at=timezone.now(), by=self.person)
        return record_all("employments", self.accepted()["employments"], record)
