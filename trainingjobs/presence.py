"""A worker says that it is there, and looks after the queue itself: it depends on no message of the broker for that."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from celery import bootsteps
from celery.worker.state import active_requests
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

if TYPE_CHECKING:
    from trainingjobs.models import Worker

FORGOTTEN_LEASES = 100
HOUR = timedelta(hours=1)
logger = logging.getLogger(__name__)


class Presence(bootsteps.StartStopStep):
    """Writes the worker's row every HEARTBEAT_S, takes back what lost workers left, and delivers what waits."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.entry: Any = None

    def start(self, worker: Any) -> None:
        self._guarded(say_absent)  # a worker of the same name that was killed: nobody vouches for the time since
        self.beat(worker.concurrency)
        self.entry = worker.timer.call_repeatedly(settings.HEARTBEAT_S, self.beat, (worker.concurrency,))

    def stop(self, worker: Any) -> None:
        if self.entry:
            self.entry.cancel()
            self.entry = None
        self._guarded(say_absent)

    def beat(self, slots: int) -> None:
        from trainingjobs.services import sweep

        self._guarded(lambda: say_present(slots, len(active_requests)))
        self._guarded(sweep)

    def _guarded(self, act: Any) -> None:
        """A database that is away must not end the worker; and no connection stays open for a fork to copy."""
        try:
            act()
        except Error as error:
            logger.warning("The worker could not look after the queue: %s", error)
        finally:
            connection.close()


def say_present(slots: int, busy: int = 0) -> None:
    """Write this worker's row and the time it vouches for; rows of workers that went away long ago are dropped."""
    from trainingjobs.models import Worker
    from trainingjobs.querysets import lease_end
    from trainingjobs.services.claim import worker_name

    facts = {"resources": ",".join(settings.WORKER_RESOURCES), "slots": slots, "seen_at": Now()}
    own = Worker.objects.filter(name=worker_name())
    with transaction.atomic():
        before = own.alive().values_list("seen_at", flat=True).first()  # None after a silence: a gap is nobody's time
        Worker.objects.update_or_create(
            name=worker_name(), defaults=facts, create_defaults={**facts, "started_at": Now()}
        )
        if before:
            _vouch(own.get(), before, free=max(0, slots - busy))
    Worker.objects.filter(seen_at__lt=lease_end(-FORGOTTEN_LEASES * settings.LEASE_S)).delete()


def say_absent() -> None:
    from trainingjobs.models import Worker
    from trainingjobs.services.claim import worker_name

    Worker.objects.filter(name=worker_name()).delete()


def _vouch(worker: Worker, since: datetime, *, free: int) -> None:
    """Add the time since the beat before to its hours; so many slots are free now and count as free all that time."""
    from trainingjobs.models import SlotHour

    cores = cores_of_a_slot()
    while since < worker.seen_at:
        hour = since.replace(minute=0, second=0, microsecond=0)
        until = min(hour + HOUR, worker.seen_at)
        seconds = (until - since).total_seconds()
        row, _made = SlotHour.objects.get_or_create(hour=hour, resources=worker.resources)
        SlotHour.objects.filter(pk=row.pk).update(
            there_s=F("there_s") + worker.slots * seconds,
            free_s=F("free_s") + free * seconds,
            free_core_s=F("free_core_s") + free * cores * seconds,
        )
        since = until


def cores_of_a_slot() -> int:
    """The most cores that a job would be given in one slot of this machine."""
    from engine.recipes import RECIPES
    from trainingjobs.supervisor.loop import threads_of

    return threads_of(max(recipe.cores for recipe in RECIPES.values()))
