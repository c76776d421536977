"""Run one job from claim to end: what a worker's slot does."""

import logging
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.utils.translation import gettext as _

from engine.recipe import RecipeError
from trainingjobs.folders import has_disk_room
from trainingjobs.models import Attempt, JobState, TrainingJob
from trainingjobs.services.claim import Claim, claim_job
from trainingjobs.services.finish import Ending, finish_job, requeue_job
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.loop import Supervision

logger = logging.getLogger(__name__)


def run_one(job_id: UUID | None = None) -> bool:
    """Claim that job, or the first in line, and see it through; False when there was nothing to claim."""
    if shutdown.requested():  # the sweep will hint at it again
        return False
    if not has_disk_room():  # what waits goes on waiting; the sweep hints again and again
        logger.warning("No job is claimed: the disk of the jobs folder is below its floor")
        return False
    claim = claim_job(job_id)
    if claim is None:
        return False
    try:
        Supervision(claim).run()
    except RecipeError as error:  # the recipe was there when the job was submitted, and is not any more
        ending = Ending(JobState.FAILED, error_code=error.code, error_message=error.message, error_mend=error.mend)
        finish_job(claim=claim, ending=ending, exit_code=None)
    except Error:  # nothing can be written: the lease passes and the sweep takes it back
        logger.exception("Job %s: the database is away", claim.job.pk)
        connection.close()
    except Exception as error:  # a fault of ours: the job fails by it after a few attempts, and says so
        logger.exception("Job %s: its supervisor failed", claim.job.pk)
        _count_as_death(claim, error)
    return True


def _count_as_death(claim: Claim, error: Exception) -> None:
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    deaths = held.values_list("trainer_deaths", flat=True).first()
    if deaths is not None and deaths + 1 < settings.MAX_ATTEMPTS:
        requeue_job(held, outcome=Attempt.Outcome.DIED, trainer_deaths=F("trainer_deaths") + 1)
    elif deaths is not None:
        ending = Ending(
            JobState.FAILED,
            error_code="supervisor_failed",
            error_message=_("The portal itself failed while it ran this job: %(error)s.")
            % {"error": f"{type(error).__name__}: {error}"[:500]},
            error_mend=_("Tell whoever runs the portal; the log of the worker says more."),
        )
        finish_job(claim=claim, ending=ending, exit_code=None)
