"""Meter a tree of processes: CPU seconds, and memory held times seconds."""

import contextlib
import time

import psutil

from finance.services.rates import Usage


class Meter:
    """Sampled while the tree runs; `close` takes the exact CPU time that the kernel tells at the end."""

    def __init__(self, pid: int, gpus: int) -> None:
        self._root, self._gpus = psutil.Process(pid), gpus
        self._began = self._sampled_at = time.monotonic()
        self._cpu = self._gib_seconds = 0.0

    @property
    def usage(self) -> Usage:
        return Usage(self._cpu, (self._sampled_at - self._began) * self._gpus, self._gib_seconds)

    def sample(self) -> Usage:
        """Bring the usage up to now. What a process that has ended used stands in its parent's own times."""
        cpu, gib = 0.0, 0.0
        with contextlib.suppress(psutil.Error):
            for process in [self._root, *self._root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error), process.oneshot():
                    times = process.cpu_times()
                    cpu += times.user + times.system + times.children_user + times.children_system
                    gib += process.memory_info().rss / 2**30
        now = time.monotonic()
        self._gib_seconds += gib * (now - self._sampled_at)
        self._cpu, self._sampled_at = max(self._cpu, cpu), now
        return self.usage

    def close(self, cpu_seconds: float) -> Usage:
        self._cpu, self._sampled_at = max(self._cpu, cpu_seconds), time.monotonic()
        return self.usage
