"""The sweep repairs what was lost: workers that went away, hints that never arrived. It may run anywhere, any time."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from people.forgetting import forget_old
from trainingjobs.models import Attempt, JobState, PauseReason, TrainingJob, Worker
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.services.finish import Ending, end_attempt, end_job, last_seen, requeue_job
from trainingjobs.services.hint import MAX_SILENCE_S, hint
from trainingjobs.services.pause import hold_job
from trainingjobs.supervisor.strays import clear_dry_runs, kill_left_trainer

MAX_LOST_WORKERS, MOST_HINTS = 20, 20
logger = logging.getLogger(__name__)


def sweep() -> int:
    """Take back jobs whose worker is lost, hint at jobs that wait unheard; how many were taken back."""
    lost = list(TrainingJob.objects.with_lost_lease().values_list("pk", "fence"))
    taken_back = 0
    for pk, fence in lost:
        if _take_back(TrainingJob.objects.with_lost_lease().filter(pk=pk, fence=fence)):
            taken_back += 1
            kill_left_trainer(Attempt.objects.get(job=pk, fence=fence))  # now that its worker can no longer speak
    clear_dry_runs()
    _hint_waiting(timezone.now())
    forget_old(timezone.now())
    return taken_back


@transaction.atomic
def _take_back(job: TrainingJobQuerySet) -> bool:
    """Queue a job again whose lease has passed; end it when it was being cancelled or has lost too many workers."""
    row = job.select_for_update(no_key=True).first()
    if row is None:  # its worker has spoken after all
        return False
    logger.warning("Job %s: worker %s is lost (attempt %s)", row.pk, row.worker, row.fence)
    lost = Attempt.Outcome.LOST
    counted: dict[str, Any] = {"lost_workers": F("lost_workers") + 1}
    if row.lost_workers + 1 >= MAX_LOST_WORKERS and not row.cancel_requested_at:
        ending = Ending(
            JobState.FAILED,
            error_code="workers_lost",
            error_message=_("%(count)s workers were lost while they ran this job.") % {"count": row.lost_workers + 1},
            error_mend=_("Look at the log and at the memory of the worker's machine."),
        )
        end_attempt(row.pk, row.fence, lost, None, last_seen(row))
        return end_job(job, ending, at=timezone.now(), **counted)
    if row.pause_requested_at:
        return hold_job(job, reason=PauseReason.ASKED, outcome=lost, **counted)
    return requeue_job(job, outcome=lost, **counted)


def _hint_waiting(now: datetime) -> None:
    """Hint again at jobs that nobody has come for, ever more rarely while they wait: all slots may just be busy.

    A few hints wake every slot, which then works off the whole line; where no worker is, nobody would read them.
    """
    for resource in sorted({resource for worker in Worker.objects.alive() for resource in worker.resources.split(",")}):
        _hint_first(resource, now)


def _hint_first(resource: str, now: datetime) -> None:
    first = TrainingJob.objects.queued().filter(resource=resource)[:MOST_HINTS]
    for job in first.only("pk", "resource", "submitted_at", "queued_at", "hinted_at"):
        waited = (now - (job.queued_at or job.submitted_at)).total_seconds()
        silence = timedelta(seconds=min(MAX_SILENCE_S, max(settings.REAPER_S, waited / 4)))
        if job.hinted_at is None or now - job.hinted_at >= silence:
            same = TrainingJob.objects.filter(pk=job.pk, state=JobState.QUEUED, hinted_at=job.hinted_at)
            if same.update(hinted_at=now):
                hint(job)
