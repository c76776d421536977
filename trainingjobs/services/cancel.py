"""Cancel a job: at once while it waits, by request to its supervisor while it runs."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import User
from people.services import record_audit
from projects.models import Project
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.permissions import demand_contributor
from trainingjobs.services.finish import Ending, end_job


def hold_unfinished(project: Project) -> None:
    """Hold every job of a project that has not ended, before any of their money: an ending goes the same way."""
    jobs = TrainingJob.objects.unfinished().filter(project=project).select_for_update(no_key=True)
    list(jobs.order_by("pk").values_list("pk"))


@transaction.atomic
def cancel_job(*, job: TrainingJob, by: User) -> TrainingJob:
    """Cancel for good; asking twice is the same as asking once, and what has ended stays as it ended."""
    demand_contributor(by, job.project)
    TrainingJob.objects.select_for_update(no_key=True).get(pk=job.pk)  # no way back to the queue between the questions
    now = timezone.now()
    waiting = TrainingJob.objects.filter(pk=job.pk, state__in=[JobState.AWAITING, JobState.QUEUED, JobState.PAUSED])
    running = TrainingJob.objects.filter(pk=job.pk, state=JobState.RUNNING)
    if not (
        end_job(
            waiting, Ending(JobState.CANCELLED), at=now, notice=by.pk != job.submitted_by_id, cancel_requested_at=now
        )
        or running.update(cancel_requested_at=Coalesce("cancel_requested_at", Value(now)))
    ):
        job.refresh_from_db()
        raise ValidationError(
            _("%(job)s has already ended: %(state)s."),
            code="already_ended",
            params={"job": job.name, "state": job.get_state_display()},
        )
    record_audit(verb="cancel_job", subject=job, by=by, detail={"job": job.name})
    job.refresh_from_db()
    return job
