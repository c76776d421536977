"""Send points to MLflow beside the training: a thread, so that an MLflow that is slow or away stops nothing."""

import logging
import threading
import time
from collections.abc import Sequence

from django.db import connection

from engine.events import Metrics
from trainingjobs.models import TrainingJob
from trainingjobs.services.publish import open_tracked

WRITE_S, WRITE_POINTS, LONGEST_PAUSE_S = 1.0, 200, 60.0
logger = logging.getLogger(__name__)


class LiveTracker:
    """Buffers points and writes them at most once a second, or when 200 wait. What fails is told again at the end."""

    def __init__(self) -> None:
        self.mlflow_run_id = ""
        self.failures = 0
        self._points: list[Metrics] = []
        self._lock = threading.Lock()
        self._full, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def has_begun(self) -> bool:
        return self._thread is not None

    def begin(self, job: TrainingJob) -> None:
        self._thread = threading.Thread(target=self._work, args=[job], name="live-tracker", daemon=True)
        self._thread.start()

    def add(self, metrics: Sequence[Metrics]) -> None:
        with self._lock:
            self._points += metrics
            if sum(len(event.values) for event in self._points) >= WRITE_POINTS:
                self._full.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """Write what waits, but do not wait for an MLflow that is away: the outbox will publish all of it."""
        self._closing.set()
        self._full.set()
        if self._thread:
            self._thread.join(timeout_s)

    def _work(self, job: TrainingJob) -> None:
        while True:
            self._full.wait(WRITE_S)
            last = self._closing.is_set()
            with self._lock:
                points, self._points = self._points, []
                self._full.clear()
            if last and not self.mlflow_run_id:  # too late to begin: the outbox publishes all of it
                return
            try:
                self._write(job, points)
            except Exception as error:  # whatever the library raises: training goes on
                self.failures += 1
                logger.warning("MLflow took no points of %s: %s", job.name, error)
                self._closing.wait(min(LONGEST_PAUSE_S, 2.0**self.failures))
            finally:
                connection.close()  # that of this thread
            if last:
                return

    def _write(self, job: TrainingJob, points: list[Metrics]) -> None:
        from experiments.tracking import log_points  # loads mlflow

        began = time.monotonic()
        if not self.mlflow_run_id:
            self.mlflow_run_id = open_tracked(job)
        if points:
            log_points(self.mlflow_run_id, points)
        logger.debug("MLflow took %s events in %.3f s", len(points), time.monotonic() - began)
