"""A worker says that it is there, and looks after the queue itself: it depends on no message of the broker for that."""

import logging
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now

FORGOTTEN_LEASES = 100
logger = logging.getLogger(__name__)


class Presence(bootsteps.StartStopStep):
    """Writes the worker's row every HEARTBEAT_S, takes back what lost workers left, and delivers what waits."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.entry: Any = None

    def start(self, worker: Any) -> None:
        self.beat(worker.concurrency)
        self.entry = worker.timer.call_repeatedly(settings.HEARTBEAT_S, self.beat, (worker.concurrency,))

    def stop(self, worker: Any) -> None:
        from trainingjobs.models import Worker
        from trainingjobs.services.claim import worker_name

        if self.entry:
            self.entry.cancel()
            self.entry = None
        self._guarded(lambda: Worker.objects.filter(name=worker_name()).delete())

    def beat(self, slots: int) -> None:
        from trainingjobs.services import sweep

        self._guarded(lambda: say_present(slots))
        self._guarded(sweep)

    def _guarded(self, act: Any) -> None:
        """A database that is away must not end the worker; and no connection stays open for a fork to copy."""
        try:
            act()
        except Error as error:
            logger.warning("The worker could not look after the queue: %s", error)
        finally:
            connection.close()


def say_present(slots: int) -> None:
    """Write this worker's row; rows of workers that went away long ago are dropped."""
    from trainingjobs.models import Worker
    from trainingjobs.querysets import lease_end
    from trainingjobs.services.claim import worker_name

    facts = {"resources": ",".join(settings.WORKER_RESOURCES), "slots": slots, "seen_at": Now()}
    Worker.objects.update_or_create(name=worker_name(), defaults=facts, create_defaults={**facts, "started_at": Now()})
    Worker.objects.filter(seen_at__lt=lease_end(-FORGOTTEN_LEASES * settings.LEASE_S)).delete()
