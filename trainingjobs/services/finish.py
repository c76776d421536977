"""End a job, once: one transaction that the fence guards holds the status, the money, the model and the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from engine.failpoint import reach
from experiments.models import Run
from experiments.services import finish_run, register_model
from people import outbox
from people.services import record_audit
from trainingjobs.models import Attempt, JobState, TrainingJob
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.services.claim import Claim
from trainingjobs.services.hint import hint_after_commit
from trainingjobs.services.notify import announce_end, tell_end
from trainingjobs.services.settle import settle

RUN_STATUS = {
    JobState.SUCCEEDED: Run.Status.FINISHED,
    JobState.FAILED: Run.Status.FAILED,
    JobState.CANCELLED: Run.Status.CANCELLED,
}
ATTEMPT_OUTCOME = {
    JobState.SUCCEEDED: Attempt.Outcome.FINISHED,
    JobState.FAILED: Attempt.Outcome.FAILED,
    JobState.CANCELLED: Attempt.Outcome.CANCELLED,
}


@dataclass(frozen=True)
class SealedModel:
    """A verified artifact: its folder relative to the jobs folder, what model.json says, and its digest."""

    path: Path
    manifest: dict[str, Any]
    digest: str
    size_bytes: int


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: a result with its model, a failure with its mend, or neither when it was cancelled."""

    state: JobState
    metrics: dict[str, float] | None = None
    report: dict[str, Any] | None = None
    model: SealedModel | None = None
    error_code: str = ""
    error_message: str = ""
    error_mend: str = ""


def finish_job(*, claim: Claim, ending: Ending, exit_code: int | None) -> bool:
    """End the job that this claim owns; False, and not a byte written, when the claim is stale."""
    ended = _finish(claim, ending, exit_code, timezone.now())  # waiting for a lock is no running time
    reach("finish.after_commit")
    return ended


@transaction.atomic
def _finish(claim: Claim, ending: Ending, exit_code: int | None, at: datetime) -> bool:
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    whole: dict[str, Any] = {"step": F("steps"), "epoch": F("epochs")} if ending.state == JobState.SUCCEEDED else {}
    ended = end_job(held, ending, at=at, **whole)
    if ended:
        end_attempt(claim.job.pk, claim.fence, ATTEMPT_OUTCOME[ending.state], exit_code, at)
    reach("finish.before_commit")
    return ended


@transaction.atomic
def end_job(job: TrainingJobQuerySet, ending: Ending, *, at: datetime, notice: bool = True, **fields: Any) -> bool:
    """The one place where a job becomes terminal. `job` names a row only while the caller may still end it."""
    pk = job.values_list("pk", flat=True).first()
    if pk is None or not job.update(
        state=ending.state,
        finished_at=at,
        lease_until=None,
        progress_message="",
        checkpoint="",
        pause_requested_at=None,
        pause_reason="",
        error_code=ending.error_code,
        error_message=ending.error_message,
        error_mend=ending.error_mend,
        **fields,
    ):
        return False
    related = ("project", "submitted_by", "rate_card", "reservation__line__budget", "run")
    row = TrainingJob.objects.select_related(*related).get(pk=pk)
    settle(row, at=at)
    if row.run:
        _close_run(row.run, ending, at)
    record_audit(
        verb=f"job_{ending.state}",
        subject=row,
        by=None,
        detail={"job": row.name, "fence": row.fence, "cost_micro": row.cost_micro, "error": ending.error_code},
    )
    announce_end(row, at)
    if notice:
        tell_end(row)
    outbox.post(topic="clear_job", payload={"job": str(row.pk)})
    return True


def _close_run(run: Run, ending: Ending, at: datetime) -> None:
    finish_run(run=run, status=RUN_STATUS[ending.state], metrics=ending.metrics, report=ending.report, at=at)
    if ending.model:
        register_model(
            run=run,
            path=ending.model.path,
            manifest=ending.model.manifest,
            digest=ending.model.digest,
            size_bytes=ending.model.size_bytes,
            at=at,
        )
    outbox.post(topic="publish_run", payload={"run": str(run.pk)})


@transaction.atomic
def requeue_job(
    job: TrainingJobQuerySet, *, outcome: Attempt.Outcome, exit_code: int | None = None, **counted: Any
) -> bool:
    """Give a running job back to the queue and tell a worker; False when the caller may no longer do so.

    A job that somebody has cancelled meanwhile ends instead.
    """
    asked = job.select_for_update(no_key=True).first()
    if asked is None:
        return False
    now, left_at = timezone.now(), last_seen(asked) if outcome == Attempt.Outcome.LOST else None
    if asked.cancel_requested_at:
        outcome = Attempt.Outcome.LOST if left_at else Attempt.Outcome.CANCELLED
        end_attempt(asked.pk, asked.fence, outcome, exit_code, left_at)
        return end_job(job, Ending(JobState.CANCELLED), at=now, **counted)
    job.update(state=JobState.QUEUED, lease_until=None, worker="", hinted_at=now, progress_message="", **counted)
    row = TrainingJob.objects.select_related("project").get(pk=asked.pk)
    end_attempt(row.pk, row.fence, outcome, exit_code, left_at)
    record_audit(
        verb="requeue_job", subject=row, by=None, detail={"job": row.name, "fence": row.fence, "outcome": outcome}
    )
    hint_after_commit(row)
    reach("requeue.before_commit")
    return True


def end_attempt(
    job_id: UUID, fence: int, outcome: Attempt.Outcome, exit_code: int | None, at: datetime | None = None
) -> None:
    """Close the attempt, now or when its worker was last seen; never before it began."""
    ended_at = Greatest("started_at", Value(at or timezone.now(), output_field=DateTimeField()))
    Attempt.objects.filter(job=job_id, fence=fence, ended_at=None).update(
        outcome=outcome, exit_code=exit_code, ended_at=ended_at
    )


def last_seen(job: TrainingJob) -> datetime:
    """When the owner of a running job last renewed its lease: what came after is no running time of the job."""
    until = job.lease_until or timezone.now()
    return min(timezone.now(), until - timedelta(seconds=settings.LEASE_S))
