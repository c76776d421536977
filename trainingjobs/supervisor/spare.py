"""One trainer in reserve for each process that runs jobs: its libraries are in memory before its job is known."""

import contextlib
import os
import selectors
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from engine.waiting import PLACEHOLDERS
from trainingjobs.supervisor.child import spawn

COMMAND = (sys.executable, "-P", "-m", "engine", "wait")
_spare: "Spare | None" = None


class Spare:
    """A waiting trainer, and the process that holds it: after a fork the child must not take its parent's."""

    def __init__(self) -> None:
        self.holder = os.getpid()
        self.process = spawn(COMMAND, cwd=Path("/"), marks=PLACEHOLDERS, threads=1, stderr=subprocess.DEVNULL)
        self._is_ready = False

    @property
    def is_alive(self) -> bool:
        return self.holder == os.getpid() and self.process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether its libraries are in memory; it says so with a line of its own."""
        assert self.process.stdout is not None  # noqa: S101 a pipe, see spawn
        if not self._is_ready and self.is_alive:
            with selectors.DefaultSelector() as selector:
                selector.register(self.process.stdout, selectors.EVENT_READ)
                self._is_ready = bool(selector.select(0)) and os.read(self.process.stdout.fileno(), 1) == b"\n"
        return self._is_ready

    def raise_priority(self) -> None:
        """Threads that libraries keep were made at the importer's pace; raise them where we have the privilege."""
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{self.process.pid}/task"):
                with contextlib.suppress(ProcessLookupError):  # a thread may end meanwhile
                    os.sched_setscheduler(int(task), os.SCHED_OTHER, os.sched_param(0))

    def close(self) -> None:
        """End it. Another process's spare is let alone: only the pipes to it are closed."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None  # noqa: S101 pipes, see spawn
            with contextlib.suppress(OSError):
                pipe.close()
        if self.holder == os.getpid():
            self.process.kill()
            self.process.wait()
        else:
            self.process.returncode = 0  # not our child: nothing to reap


def prepare() -> None:
    """Have a spare where the settings want one; it imports only while nothing else wants the core."""
    global _spare
    if _spare and not _spare.is_alive:
        discard()
    if settings.WARM_TRAINERS and _spare is None:
        with contextlib.suppress(OSError):  # no memory, no process: the next job starts cold
            _spare = Spare()


def is_ready() -> bool:
    """Whether a job that came now would find its libraries in memory."""
    return _spare is not None and _spare.is_ready


def take() -> subprocess.Popen[bytes] | None:
    """Hand the spare out, or None when there is none, it has died, or it is not ready: no job waits for a spare."""
    global _spare
    if _spare is None or not settings.WARM_TRAINERS:
        return None
    if not _spare.is_alive:
        discard()
        return None
    if not _spare.is_ready:
        return None
    _spare.raise_priority()
    taken, _spare = _spare, None
    return taken.process


def discard() -> None:
    """End the spare, if there is one."""
    global _spare
    if _spare:
        _spare.close()
        _spare = None
