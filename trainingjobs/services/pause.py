"""Pause a job and go on with it: what it has learned stays in its checkpoint, what it may cost stays reserved."""

from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.money import charge_micro
from finance.services.budget import change_reservation
from people.models import User
from people.services import record_audit
from trainingjobs.meter import TRUSTED_SHARE
from trainingjobs.models import Attempt, JobState, PauseReason, TrainingJob
from trainingjobs.permissions import demand_contributor
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.services.approval import admitted_state, void_approvals
from trainingjobs.services.finish import end_attempt, last_seen, requeue_job
from trainingjobs.services.hint import hint_after_commit
from trainingjobs.services.notify import ask_for_approval, tell_paused
from trainingjobs.services.submit import demand_active, is_over_threshold


@transaction.atomic
def pause_job(*, job: TrainingJob, by: User) -> TrainingJob:
    """Take a job out of the queue, or have its trainer write a checkpoint and stop; asking twice is asking once."""
    demand_contributor(by, job.project)
    row = _locked(job)
    if row.state == JobState.QUEUED:
        TrainingJob.objects.filter(pk=row.pk).update(
            state=JobState.PAUSED, pause_reason=PauseReason.ASKED, pause_requested_at=None
        )
    elif row.state == JobState.RUNNING:
        now = Coalesce("pause_requested_at", Value(timezone.now()))
        TrainingJob.objects.filter(pk=row.pk).update(pause_requested_at=now)
    elif row.state != JobState.PAUSED:
        raise ValidationError(
            _("%(job)s cannot be paused: %(state)s."),
            code="cannot_pause",
            params={"job": row.name, "state": row.get_state_display()},
        )
    record_audit(verb="pause_job", subject=row, by=by, detail={"job": row.name})
    job.refresh_from_db()
    return job


@transaction.atomic
def hold_job(
    job: TrainingJobQuerySet,
    *,
    reason: PauseReason,
    outcome: Attempt.Outcome,
    exit_code: int | None = None,
    **counted: Any,
) -> bool:
    """Put a running job aside with its checkpoint; False when the caller may no longer do so.

    What was asked for since its supervisor last looked comes first: it is cancelled, or goes on.
    """
    asked = job.select_for_update(no_key=True).first()
    if asked is None:
        return False
    goes_on = reason == PauseReason.ASKED and asked.pause_requested_at is None
    if asked.cancel_requested_at or goes_on:
        outcome = Attempt.Outcome.RELEASED if outcome == Attempt.Outcome.PAUSED else outcome
        return requeue_job(job, outcome=outcome, exit_code=exit_code, **counted)
    left_at = last_seen(asked) if outcome == Attempt.Outcome.LOST else None
    job.update(
        state=JobState.PAUSED,
        pause_reason=reason,
        pause_requested_at=None,
        lease_until=None,
        worker="",
        progress_message="",
        **counted,
    )
    row = TrainingJob.objects.select_related("project__lead", "submitted_by").get(pk=asked.pk)
    end_attempt(row.pk, row.fence, outcome, exit_code, left_at)
    detail = {"job": row.name, "fence": row.fence, "reason": reason, "step": row.step}
    record_audit(verb="hold_job", subject=row, by=None, detail=detail)
    tell_paused(row)
    return True


@transaction.atomic
def resume_job(*, job: TrainingJob, by: User) -> TrainingJob:
    """Queue a paused job again; what the rest needs beyond its reservation is new money, and may need approval.

    A job that is not paused stays as it is, and one that was about to be goes on.
    """
    demand_contributor(by, job.project)
    row = _locked(job)
    detail: dict[str, Any] = {"job": row.name, "step": row.step}
    if row.state in {JobState.RUNNING, JobState.QUEUED} and row.pause_requested_at:
        TrainingJob.objects.filter(pk=row.pk).update(pause_requested_at=None)
    elif row.state == JobState.PAUSED:
        detail |= _admit(row, by)
    elif row.status.is_terminal:
        raise ValidationError(
            _("%(job)s has already ended: %(state)s. Clone it to run it again."),
            code="already_ended",
            params={"job": row.name, "state": row.get_state_display()},
        )
    else:
        return row
    record_audit(verb="resume_job", subject=row, by=by, detail=detail)
    job.refresh_from_db()
    return job


def _admit(row: TrainingJob, by: User) -> dict[str, int]:
    """Queue it, or ask a manager; what the trail has to know of money that was asked for."""
    demand_active(row.project)
    needed = minor_needed(row)
    is_more = needed > row.reservation.amount_minor
    if is_more:
        change_reservation(reservation=row.reservation, amount_minor=needed, by=by)
    row.needs_approval = is_over_threshold(row.project, row.reservation.amount_minor)
    now = timezone.now()
    row.state, row.pause_reason = admitted_state(row), ""
    if row.state == JobState.AWAITING:
        void_approvals(row)
    row.queued_at = row.hinted_at = now if row.state == JobState.QUEUED else None
    row.save(update_fields=["state", "pause_reason", "needs_approval", "queued_at", "hinted_at"])
    if row.state == JobState.AWAITING:
        ask_for_approval(row, changed_by=by if is_more else None)
    else:
        hint_after_commit(row)
    return {"asked_minor": needed} if is_more else {}


def minor_needed(job: TrainingJob) -> int:
    """What a job has cost so far and, at the upper price of its forecast, will still cost: without a checkpoint all
    of it anew."""
    left = 1 - job.share_done if job.checkpoint else 1.0
    rest = ceil(job.forecast_micro_high * left)
    if job.share_done >= TRUSTED_SHARE:  # its own pace, once starting up no longer weighs in it
        rest = max(rest, ceil(job.cost_micro * left / job.share_done))
    return max(1, charge_micro(job.cost_micro + rest, job.rate_card.currency))


def _locked(job: TrainingJob) -> TrainingJob:
    related = ("project", "submitted_by", "rate_card", "reservation__line__budget__project")
    return TrainingJob.objects.locked(job.pk, *related)
