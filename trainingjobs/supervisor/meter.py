"""Meter a tree of processes: CPU seconds, and memory held times seconds."""

import contextlib
import time

import psutil

from finance.services.rates import Usage


class Meter:
    """Sampled while the tree runs; `close` takes the exact CPU time that the trainer tells at the end.

    It begins at nought: what a trainer used while it waited for a job is nobody's.
    """

    def __init__(self, pid: int, gpus: int) -> None:
        self._root, self._gpus = psutil.Process(pid), gpus
        self._before = self._measure()[0]
        self._began = self._sampled_at = time.monotonic()
        self._cpu = self._gib_seconds = 0.0

    @property
    def usage(self) -> Usage:
        return Usage(self._cpu, (self._sampled_at - self._began) * self._gpus, self._gib_seconds)

    def sample(self) -> Usage:
        """Bring the usage up to now. What a process that has ended used stands in its parent's own times."""
        cpu, gib = self._measure()
        now = time.monotonic()
        self._gib_seconds += gib * (now - self._sampled_at)
        self._cpu, self._sampled_at = max(self._cpu, cpu - self._before), now
        return self.usage

    def close(self, cpu_seconds: float) -> Usage:
        self._cpu, self._sampled_at = max(self._cpu, cpu_seconds), time.monotonic()
        return self.usage

    def _measure(self) -> tuple[float, float]:
        """CPU seconds of the tree since its root was born, and the GiB it holds now."""
        cpu, gib = 0.0, 0.0
        with contextlib.suppress(psutil.Error):
            for process in [self._root, *self._root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error), process.oneshot():
                    times = process.cpu_times()
                    cpu += times.user + times.system + times.children_user + times.children_system
                    gib += process.memory_info().rss / 2**30
        return cpu, gib
