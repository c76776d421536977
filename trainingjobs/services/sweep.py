"""The sweep repairs what was lost: workers that went away, hints that never arrived. It may run anywhere, any time."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from trainingjobs.models import Attempt, JobState, TrainingJob
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.services.finish import Ending, end_attempt, end_job, requeue_job
from trainingjobs.services.hint import hint
from trainingjobs.supervisor.strays import kill_left_trainer

MAX_LOST_WORKERS = 20
MAX_SILENCE_S = 60.0
logger = logging.getLogger(__name__)


def sweep() -> int:
    """Take back jobs whose worker is lost, hint at jobs that wait unheard; how many were taken back."""
    lost = list(TrainingJob.objects.with_lost_lease().values_list("pk", "fence"))
    taken_back = 0
    for pk, fence in lost:
        kill_left_trainer(Attempt.objects.filter(job=pk, fence=fence).first())
        taken_back += _take_back(TrainingJob.objects.with_lost_lease().filter(pk=pk, fence=fence))
    _hint_waiting(timezone.now())
    return taken_back


@transaction.atomic
def _take_back(job: TrainingJobQuerySet) -> bool:
    """Queue a job again whose lease has passed; end it when it was being cancelled or has lost too many workers."""
    row = job.first()
    if row is None:  # its worker has spoken after all
        return False
    logger.warning("Job %s: worker %s is lost (attempt %s)", row.pk, row.worker, row.fence)
    if row.cancel_requested_at:
        ended = end_job(job, Ending(JobState.CANCELLED), at=timezone.now(), lost_workers=F("lost_workers") + 1)
    elif row.lost_workers + 1 >= MAX_LOST_WORKERS:
        ending = Ending(
            JobState.FAILED,
            error_code="workers_lost",
            error_message=_("%(count)s workers were lost while they ran this job.") % {"count": row.lost_workers + 1},
            error_mend=_("Look at the log and at the memory of the worker's machine."),
        )
        ended = end_job(job, ending, at=timezone.now(), lost_workers=F("lost_workers") + 1)
    else:
        return requeue_job(job, outcome=Attempt.Outcome.LOST, lost_workers=F("lost_workers") + 1)
    end_attempt(row.pk, row.fence, Attempt.Outcome.LOST, None)
    return ended


def _hint_waiting(now: datetime) -> None:
    """Hint again at jobs that nobody has come for, ever more rarely while they wait: all slots may just be busy."""
    for job in TrainingJob.objects.queued().only("pk", "submitted_at", "hinted_at"):
        waited = (now - job.submitted_at).total_seconds()
        silence = timedelta(seconds=min(MAX_SILENCE_S, max(settings.REAPER_S, waited / 4)))
        if job.hinted_at is None or now - job.hinted_at >= silence:
            same = TrainingJob.objects.filter(pk=job.pk, state=JobState.QUEUED, hinted_at=job.hinted_at)
            if same.update(hinted_at=now):
                hint(job.pk)
