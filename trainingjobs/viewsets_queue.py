"""The REST face of the queue: who is next and why, what was decided on prices, and which workers are there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from people.models import User
from people.viewsets import ReadableViewSet, VisibleViewSet
from trainingjobs.models import Approval, Resource, TrainingJob, Worker
from trainingjobs.permissions import may_see_workers
from trainingjobs.queue import places, read_line
from trainingjobs.serializers_queue import ApprovalOut, QueueOut, WorkerOut


class QueueView(APIView):
    """The queues, one of each resource."""

    @extend_schema(responses=QueueOut, operation_id="queue_read")
    def get(self, request: Request) -> Response:
        """Where every queued job stands, when it will probably start, and why not sooner."""
        now = timezone.now()
        return Response(QueueOut({"at": now, "queues": list(_lines(cast(User, request.user), now))}).data)


def _lines(user: User, now: datetime) -> Iterator[dict[str, Any]]:
    rows = TrainingJob.objects.queued().visible_to(user).select_related("project", "submitted_by")
    seen = {job.pk: job for job in rows}
    alive = list(Worker.objects.alive())
    for resource in Resource:
        line = read_line(resource, now)
        found = sorted(places(line, now).items(), key=lambda pair: pair[1].ahead)
        yield {
            "resource": resource,
            "slots": line.slots,
            "workers": sum(worker.serves(resource) for worker in alive),
            "running": len(line.running),
            "waiting": len(line.waiting),
            "jobs": [
                {"row": seen[pk], "place": place, "starts_at": _starts_at(place.starts_in_s, now)}
                for pk, place in found
                if pk in seen
            ],
        }


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
    filterset_class = ApprovalFilter
    lookup_value_converter = "int"

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(job__in=TrainingJob.objects.visible_to(user))


class WorkerViewSet(mixins.ListModelMixin, VisibleViewSet):
    """The workers, and whether each is still there. For managers and finance."""

    queryset = Worker.objects.all()
    serializer_class = WorkerOut
    filter_backends = ()
    http_method_names = ["get", "head", "options"]
    who_may = {"list": may_see_workers}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.with_alive() if may_see_workers(user) else rows.none()
