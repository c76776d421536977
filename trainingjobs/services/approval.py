"""A manager decides on the price of a job. The decision holds for exactly that.

Another recipe, setting, parent, time limit or reserved amount voids it; what costs nothing, such as priority, does not.
"""

import hashlib
import json

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import User
from people.services import record_audit
from trainingjobs.models import Approval, JobState, TrainingJob
from trainingjobs.permissions import changed_by, may_decide
from trainingjobs.services.finish import Ending, end_job
from trainingjobs.services.hint import hint_after_commit
from trainingjobs.services.notify import tell_decision

LONGEST_REASON = 2000


def digest_of(job: TrainingJob) -> str:
    """SHA-256 of what an approval is given for: the work and its price."""
    parent = job.parent_id and str(job.parent_id)
    facts = [job.recipe, job.params, parent, job.time_limit_s, job.reservation.amount_minor]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_approved(job: TrainingJob) -> bool:
    """Whether a valid approval covers the job as it is now."""
    given = job.approvals.filter(decision=Approval.Decision.APPROVED, voided_at=None, digest=digest_of(job))
    return given.exclude(by=job.submitted_by_id).exists()


def admitted_state(job: TrainingJob) -> JobState:
    """Where a job waits: for a manager while its price needs one, otherwise for a slot."""
    return JobState.AWAITING if job.needs_approval and not is_approved(job) else JobState.QUEUED


def void_approvals(job: TrainingJob) -> None:
    job.approvals.filter(voided_at=None).update(voided_at=timezone.now())


@transaction.atomic
def approve_job(*, job: TrainingJob, by: User, reason: str = "", seen: str = "") -> TrainingJob:
    """Let a job into the queue. `seen` is the digest of what the manager looked at; without it, of what is there."""
    row = _awaiting(job, by)
    if seen and seen != digest_of(row):
        raise ValidationError(
            _("%(job)s was changed while you looked at it. Read its new price, then decide."),
            code="changed",
            params={"job": row.name},
        )
    reason, now = _readable(reason), timezone.now()
    _decide(row, Approval.Decision.APPROVED, by, reason)
    row.state, row.queued_at, row.hinted_at = JobState.QUEUED, now, now
    row.save(update_fields=["state", "queued_at", "hinted_at"])
    hint_after_commit(row)
    tell_decision(row, by, approved=True, reason=reason)
    return row


@transaction.atomic
def decline_job(*, job: TrainingJob, by: User, reason: str) -> TrainingJob:
    """Say no, with a reason; the job ends and its reservation with it."""
    row = _awaiting(job, by)
    reason = _readable(reason)
    if not reason:
        raise ValidationError(
            {"reason": ValidationError(_("Say why, so that the next attempt can be better."), code="missing")}
        )
    _decide(row, Approval.Decision.DECLINED, by, reason)
    ending = Ending(
        JobState.CANCELLED,
        error_code="declined",
        error_message=_("%(by)s declined its price: %(reason)s") % {"by": by, "reason": reason},
        error_mend=_("Clone it, make it smaller, and submit again."),
    )
    end_job(TrainingJob.objects.filter(pk=row.pk, state=JobState.AWAITING), ending, at=timezone.now(), notice=False)
    row.refresh_from_db()
    tell_decision(row, by, approved=False, reason=reason)
    return row


def _readable(reason: str) -> str:
    """The reason without what no database keeps and nobody reads to the end."""
    reason = reason.strip()
    if "\0" in reason or len(reason) > LONGEST_REASON:
        text = _("Give the reason in at most %(most)s characters, without control characters.")
        params = {"most": LONGEST_REASON}
        raise ValidationError({"reason": ValidationError(text, code="bad_reason", params=params)})
    return reason


def _awaiting(job: TrainingJob, by: User) -> TrainingJob:
    """The job, locked, while it awaits a decision that this person may take."""
    if by.pk == job.submitted_by_id:
        raise ValidationError(
            _("Nobody approves a job that he submitted himself. Ask another manager."), code="not_allowed"
        )
    if not may_decide(by):
        raise ValidationError(_("Only managers approve the price of a job."), code="not_allowed")
    if changed_by(by, [job]):
        raise ValidationError(
            _("You changed %(job)s, so its price is another manager's to decide."),
            code="not_allowed",
            params={"job": job.name},
        )
    row = TrainingJob.objects.locked(job.pk, "project", "reservation", "submitted_by", "rate_card")
    if row.state != JobState.AWAITING:
        raise ValidationError(
            _("%(job)s awaits no approval any more: %(state)s."),
            code="not_awaiting",
            params={"job": row.name, "state": row.get_state_display()},
        )
    return row


def _decide(job: TrainingJob, decision: Approval.Decision, by: User, reason: str) -> None:
    amount = job.reservation.amount_minor
    Approval.objects.create(
        job=job,
        decision=decision,
        by=by,
        at=timezone.now(),
        reason=reason,
        digest=digest_of(job),
        reserved_minor=amount,
    )
    record_audit(
        verb="approve_job" if decision == Approval.Decision.APPROVED else "decline_job",
        subject=job,
        by=by,
        detail={"job": job.name, "reserved_minor": amount, "reason": reason},
    )
