"""Retry a job that failed or was cancelled: a new job with the same settings, priced by what is known by now."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.models import User
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services.submit import submit_job


def retry_job(*, job: TrainingJob, by: User, submission: UUID | None = None) -> TrainingJob:
    """Submit the same work again; the old job keeps its number, its log and its cost."""
    if job.status not in {JobState.FAILED, JobState.CANCELLED}:
        raise ValidationError(
            _("%(job)s has neither failed nor been cancelled: %(state)s. Clone it to run it once more."),
            code="cannot_retry",
            params={"job": job.name, "state": job.get_state_display()},
        )
    return submit_job(
        project=job.project,
        recipe=job.recipe,
        params=job.params,
        by=by,
        parent=job.parent,
        submission=submission,
        priority=min(job.priority, 0),
        time_limit_s=job.time_limit_s,
        retry_of=job,
    )
