"""Celery's side: messages that only say "look".

A lost message delays and loses nothing, because the row is the queue: the sweep hints again at every queued job that
nobody has come for, and what a hint starts is decided by a conditional UPDATE on the row. A message that comes twice
finds nothing to claim. So no task needs late acknowledgement, results or retries of Celery's own.
"""

import importlib
import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init, worker_process_init, worker_shutting_down

from trainingjobs import services
from trainingjobs.supervisor import gpu, shutdown, spare

TRACKING = (
    "experiments.tracking",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
)
logger = logging.getLogger(__name__)


@shared_task(name="trainingjobs.run_job", ignore_result=True)
def run_job(job_id: str) -> None:
    """Something waits, for example that job: run what is first in line until nothing is left."""
    logger.debug("Looking at the queue because of job %s", job_id)
    while services.run_one():
        services.deliver_outbox()


@shared_task(name="trainingjobs.time_steps", ignore_result=True)
def time_steps(timing_id: str) -> None:
    """Time a few steps for somebody who looks at a price tag."""
    services.time_steps(UUID(timing_id))


@shared_task(name="trainingjobs.sweep", ignore_result=True)
def sweep() -> None:
    services.sweep()


@shared_task(name="trainingjobs.deliver_outbox", ignore_result=True)
def deliver_outbox() -> None:
    services.deliver_outbox()


@worker_init.connect
def demand_gpu(**_: Any) -> None:
    """A worker that would take jobs of the GPU queue and fail every one of them ends before it has taken any."""
    if reason := gpu.refusal():
        raise SystemExit(reason)


@worker_init.connect
def load_tracking(**_: Any) -> None:
    """Before the pool forks: its slots share what each of them would otherwise load beside its first job."""
    for module in TRACKING:
        importlib.import_module(module)


@worker_process_init.connect
def prepare_slot(**_: Any) -> None:
    """Each process of the pool is a slot: it keeps a trainer ready from its start."""
    spare.prepare()


@worker_shutting_down.connect
def hand_back_jobs(**_: Any) -> None:
    """The worker was asked to end: every supervisor in its pool stops its trainer and hands the job back."""
    shutdown.request()
