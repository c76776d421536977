"""The REST face of the queue: who is next and why, what was decided on prices, and which workers are there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from people.models import User
from people.viewsets import OfNow, ReadableViewSet, VisibleViewSet
from projects.models import Project
from trainingjobs.folders import has_disk_room
from trainingjobs.models import Approval, Resource, TrainingJob, Worker
from trainingjobs.permissions import may_see_workers
from trainingjobs.queue import Line, Place, places, read_line
from trainingjobs.serializers_queue import ApprovalOut, LineOut, PlaceOut, QueueIn, QueueOut, WorkerOut

Standing = tuple[UUID | None, Place]
PAGED = [
    OpenApiParameter("page", int, description="The number of the page, from one."),
    OpenApiParameter("page_size", int, description="Rows of a page, at most 200."),
]


class QueueView(OfNow, GenericAPIView):
    """The queues, one of each resource, and who waits in them."""

    filter_backends = ()
    serializer_class = PlaceOut

    @extend_schema(parameters=[QueueIn, *PAGED], responses=QueueOut, operation_id="queue_read")
    def get(self, request: Request) -> Response:
        """Where every queued job stands, when it will probably start, and why not sooner: the first in line first."""
        asked = QueueIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        now, chosen = timezone.now(), asked.validated_data.get("resource")
        lines = [read_line(Resource(resource), now) for resource in ([chosen] if chosen else Resource)]
        alive = list(Worker.objects.alive())
        page = self.paginate_queryset(_standing(cast(User, request.user), lines, now))
        answer = self.get_paginated_response(PlaceOut(_rows(page, now), many=True).data)
        queues = [
            {
                "resource": line.resource,
                "slots": line.slots,
                "workers": sum(worker.serves(line.resource) for worker in alive),
                "running": len(line.running),
                "waiting": len(line.waiting),
            }
            for line in lines
        ]
        told = {"at": now.isoformat(), "has_disk_room": has_disk_room()}
        answer.data = {**told, "queues": LineOut(queues, many=True).data, **answer.data}
        return answer


def _standing(user: User, lines: Sequence[Line], now: datetime) -> list[Standing]:
    """The places of all that wait and that the reader may see; everybody counts."""
    seen = None if user.sees_everything else set(Project.objects.visible_to(user).values_list("pk", flat=True))
    found: list[Standing] = []
    for line in lines:
        projects = {job.pk: job.project_id for job in line.waiting}
        order = sorted(places(line, now).items(), key=lambda pair: pair[1].ahead)
        found += [(pk, place) for pk, place in order if seen is None or projects[pk] in seen]
    return found


def _rows(page: Any, now: datetime) -> list[dict[str, Any]]:
    """What is told of the jobs of one page; one that was deleted since is left out."""
    jobs = TrainingJob.objects.select_related("project", "submitted_by").in_bulk([pk for pk, _place in page])
    return [
        {"row": jobs[pk], "place": place, "starts_at": _starts_at(place.starts_in_s, now)}
        for pk, place in page
        if pk in jobs
    ]


def _starts_at(starts_in_s: float | None, now: datetime) -> datetime | None:
    return None if starts_in_s is None else now + timedelta(seconds=starts_in_s)


class ApprovalFilter(filters.FilterSet):
    project = filters.CharFilter("job__project__key")
    by = filters.CharFilter("by__username")
    valid = filters.BooleanFilter("voided_at", lookup_expr="isnull")

    class Meta:
        model = Approval
        fields = ["job", "decision"]


class ApprovalViewSet(ReadableViewSet):
    """What managers decided on the prices of jobs, newest first. What awaits a decision: /jobs/?state=awaiting."""

    queryset = Approval.objects.select_related("by", "job__rate_card").order_by("-at", "-pk")
    serializer_class = ApprovalOut
    scope = "jobs"
    filterset_class = ApprovalFilter
    lookup_value_converter = "int"

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(job__in=TrainingJob.objects.visible_to(user))


class WorkerViewSet(mixins.ListModelMixin, VisibleViewSet):
    """The workers, and whether each is still there. For managers and finance."""

    queryset = Worker.objects.all()
    serializer_class = WorkerOut
    scope = "jobs"
    filter_backends = ()
    http_method_names = ["get", "head", "options"]
    who_may = {"list": may_see_workers}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.with_alive() if may_see_workers(user) else rows.none()
