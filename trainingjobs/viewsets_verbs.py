"""The verbs on jobs over REST: each is one call of the verb of the same name."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from people.viewsets import VisibleViewSet
from projects.permissions import may_contribute
from trainingjobs.adjustments import read_late
from trainingjobs.models import TrainingJob
from trainingjobs.serializers import JobOut
from trainingjobs.serializers_verbs import (
    NOT_FOUND,
    BulkIn,
    DecisionIn,
    OutcomeOut,
    PriorityIn,
    RefusalIn,
    RetryIn,
    outcome_of,
)
from trainingjobs.services import (
    act_on_jobs,
    approve_job,
    cancel_job,
    decline_job,
    pause_job,
    resume_job,
    retry_job,
    set_priority,
)

INPUTS = {
    "retry": RetryIn,
    "approve": DecisionIn,
    "decline": RefusalIn,
    "priority": PriorityIn,
    "act": BulkIn,
}
VERBS = ("cancel", "pause", "resume", "retry", "approve", "decline", "priority", "act")
WHO_MAY = dict.fromkeys(VERBS, may_contribute)  # the verbs know more: whose project, whose decision


class JobVerbs(VisibleViewSet):
    """What may be done with a job that exists."""

    def get_serializer(self, *rows: Any, **options: Any) -> BaseSerializer:
        """With what late cards changed about its jobs, read at once."""
        read_late(rows[0] if options.get("many") else rows)
        return super().get_serializer(*rows, **options)

    @extend_schema(request=None, responses=JobOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel: at once while it waits; a running job is stopped by its supervisor within seconds."""
        return self.answer(cancel_job(job=self.get_object(), by=self.person))

    @extend_schema(request=None, responses=JobOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Pause: at once while queued; a running job writes a checkpoint first. Its money stays reserved."""
        return self.answer(pause_job(job=self.get_object(), by=self.person))

    @extend_schema(request=None, responses=JobOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Resume a paused job from its checkpoint. What it needs beyond its reservation is reserved or refused."""
        return self.answer(resume_job(job=self.get_object(), by=self.person))

    @extend_schema(responses={201: JobOut})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Retry a job that failed or was cancelled: a new job with the same settings."""
        return self.created(retry_job(job=self.get_object(), by=self.person, **self.accepted()))

    @extend_schema(responses=JobOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve the price of a job. Only managers, and nobody for a job of his own."""
        return self.answer(approve_job(job=self.get_object(), by=self.person, **self.accepted()))

    @extend_schema(responses=JobOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Decline the price of a job, with a reason. The job ends and its reservation is released."""
        return self.answer(decline_job(job=self.get_object(), by=self.person, **self.accepted()))

    @extend_schema(responses=JobOut)
    @action(detail=True, methods=["post"])
    def priority(self, request: Request, pk: str) -> Response:
        """Put a job before others, or behind them. High is given by the project's lead or a manager."""
        return self.answer(set_priority(job=self.get_object(), by=self.person, **self.accepted()))

    @extend_schema(responses=OutcomeOut(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def act(self, request: Request) -> Response:
        """Do one thing with many jobs. Each is done or refused on its own, and the answer says so for each."""
        asked: dict[str, Any] = self.accepted()
        keys = list(dict.fromkeys(asked.pop("jobs")))
        seen: dict[Any, TrainingJob] = self.get_queryset().in_bulk(keys)
        outcomes = act_on_jobs(jobs=seen.values(), by=self.person, **asked) if seen else []
        done = {key: outcome_of(key, outcome) for key, outcome in zip(seen, outcomes, strict=True)}
        rows = [done.get(key) or {"job": key, "ok": False, "retry": None, **NOT_FOUND} for key in keys]
        return Response(OutcomeOut(rows, many=True).data)
