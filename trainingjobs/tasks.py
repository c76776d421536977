"""Celery's side: messages that only say "look".

A lost message delays and loses nothing, because the row is the queue: the sweep hints again at every queued job that
nobody has come for, and what a hint starts is decided by a conditional UPDATE on the row. A message that comes twice
finds nothing to claim. So no task needs late acknowledgement, results or retries of Celery's own.
"""

from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_shutting_down

from trainingjobs import services
from trainingjobs.supervisor import shutdown


@shared_task(name="trainingjobs.run_job", ignore_result=True)
def run_job(job_id: str) -> None:
    """Run that job if it still waits, then tell the outside world what was decided."""
    if services.run_one(UUID(job_id)):
        services.deliver_outbox()


@shared_task(name="trainingjobs.sweep", ignore_result=True)
def sweep() -> None:
    services.sweep()


@shared_task(name="trainingjobs.deliver_outbox", ignore_result=True)
def deliver_outbox() -> None:
    services.deliver_outbox()


@worker_shutting_down.connect
def hand_back_jobs(**_: Any) -> None:
    """The worker was asked to end: every supervisor in its pool stops its trainer and hands the job back."""
    shutdown.request()
