"""The job path, `python -m engine run`: one JSON object on stdin, events on stdout, all else on stderr."""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from engine.events import Event, encode
from engine.recipe import Workspace
from engine.runner import FAILED, ORPHANED, THREAD_VARIABLES, perform

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_job(stdin: TextIO) -> int:
    """Run the job described on `stdin`; returns the exit code (see the runner; 3 = the parent is gone)."""
    _die_with_parent()
    stop = _StopFlag()
    events = _take_over_stdout()
    job = _read_job(stdin)
    if job is None:
        print("stdin holds no JSON object that describes a job", file=sys.stderr)  # noqa: T201
        return FAILED
    if job.get("parent_pid") not in (None, os.getppid()):  # it died before the death signal was armed
        return ORPHANED
    threads = int(job.get("threads") or 1)
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))  # read when torch is imported, later

    def emit(event: Event) -> None:
        events.write(encode(event) + "\n")
        events.flush()

    workspace = Workspace(
        root=Path(job["root"]),
        datasets=Path(job["datasets"]),
        parent=Path(job["parent"]) if job.get("parent") else None,
        checkpoint=Path(job["checkpoint"]) if job.get("checkpoint") else None,
        threads=threads,
        device=job.get("device") or "cpu",
        stop_requested=stop.is_set,
    )
    return perform(job["recipe"], job.get("params") or {}, workspace, emit)


class _StopFlag:
    """Remembers that SIGTERM came; the training loop asks at its next step boundary."""

    def __init__(self) -> None:
        self._set = False
        signal.signal(signal.SIGTERM, self._raise)

    def _raise(self, *_: object) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set


def _die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, so that no training outlives its supervisor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_over_stdout() -> TextIO:
    """A private copy of stdout for events; descriptor 1 becomes stderr, so that a stray print is only log."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def _read_job(stdin: TextIO) -> dict[str, Any] | None:
    """The first JSON object on stdin, on one line or several; the writer need not close its end."""
    text = ""
    for line in stdin:
        text += line
        try:
            job = json.loads(text)
        except json.JSONDecodeError:
            continue
        return job if isinstance(job, dict) else None
    return None
