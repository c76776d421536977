"""Tell a worker to look at a job. Nothing depends on it: a lost hint is given again by the sweep."""

import logging

from celery import current_app
from django.db import transaction

from trainingjobs.models import TrainingJob

MAX_SILENCE_S = 60.0  # the sweep hints again after that at the latest
logger = logging.getLogger(__name__)


def hint_after_commit(job: TrainingJob) -> None:
    """Hint once the row is really there; a worker that looks earlier would find nothing."""
    transaction.on_commit(lambda: hint(job))


def hint(job: TrainingJob) -> None:
    """Wake a worker that serves the job's queue; which job it takes then is the queue's policy."""
    try:
        current_app.send_task(
            "trainingjobs.run_job",
            args=[str(job.pk)],
            queue=f"jobs.{job.resource}",
            expires=2 * MAX_SILENCE_S,
            retry=False,
            ignore_result=True,
        )
    except Exception as error:  # whatever the broker's library raises: the job is safe in its row
        logger.warning("The broker took no hint for job %s (%s); the sweep will hint again.", job.pk, error)
