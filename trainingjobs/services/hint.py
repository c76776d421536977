"""Tell a worker to look at a job. Nothing depends on it: a lost hint is given again by the sweep."""

import logging
from uuid import UUID

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def hint_after_commit(job_id: UUID) -> None:
    """Hint once the row is really there; a worker that looks earlier would find nothing."""
    transaction.on_commit(lambda: hint(job_id))


def hint(job_id: UUID) -> None:
    try:
        current_app.send_task("trainingjobs.run_job", args=[str(job_id)], retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's library raises: the job is safe in its row
        logger.warning("The broker took no hint for job %s (%s); the sweep will hint again.", job_id, error)
