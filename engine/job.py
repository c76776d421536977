"""The job path, `python -m engine run`: one JSON object on stdin, events on stdout, all else on stderr."""

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from engine import failpoint
from engine.events import Event, Failed, Finished, encode
from engine.recipe import Workspace
from engine.runner import FAILED, ORPHANED, THREAD_VARIABLES, perform
from engine.stopping import StopFlag
from engine.wording import log_line

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
SCRATCH = "scratch"  # temporary files of libraries, in the root of the attempt


def run_job(stdin: TextIO) -> int:
    """Run the job described on `stdin`; returns the exit code (see the runner; 3 = the parent is gone)."""
    die_with_parent()
    stop = StopFlag(signal.SIGTERM)
    events = _take_over_stdout()

    def emit(event: Event) -> None:
        if isinstance(event, Finished):
            failpoint.reach("finished.before_emit")
        events.write(encode(event) + "\n")
        events.flush()
        line = log_line(event)
        if line:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    try:
        job = read_job(stdin)
        if job.get("parent_pid") not in (None, os.getppid()):  # it died before the death signal was armed
            return ORPHANED
        if job.get("failpoint"):
            failpoint.arm(job["failpoint"]["spec"], Path(job["failpoint"]["marks"]))
        workspace = _prepare(job, stop)
    except (KeyError, TypeError, ValueError, OSError) as error:
        emit(Failed(code="bad_job", message=f"The job cannot be started: {error!r}.", mend="Mend its description."))
        return FAILED
    try:
        return perform(job["recipe"], job.get("params") or {}, workspace, emit)
    finally:
        shutil.rmtree(workspace.root / SCRATCH, ignore_errors=True)


def _prepare(job: dict[str, Any], stop: StopFlag) -> Workspace:
    """The workspace of a job; also sets what libraries read from the environment when they are imported, later."""
    root, threads = Path(job["root"]), int(job.get("threads") or 1)
    (root / SCRATCH).mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(root / SCRATCH)  # what a killed run leaves behind goes with its folder
    tempfile.tempdir = None  # a library may have asked for it already, and the answer is remembered
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    return Workspace(
        root=root,
        datasets=Path(job["datasets"]),
        parent=Path(job["parent"]) if job.get("parent") else None,
        checkpoint=Path(job["checkpoint"]) if job.get("checkpoint") else None,
        threads=threads,
        device=job.get("device") or "cpu",
        stop_requested=stop.is_set,
    )


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, so that no training outlives its supervisor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_over_stdout() -> TextIO:
    """A private copy of stdout for events; descriptor 1 becomes stderr, so that a stray print is only log."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def read_job(stdin: TextIO) -> dict[str, Any]:
    """The first JSON object on stdin, on one line or several; the writer need not close its end. Or ValueError."""
    text = ""
    for line in stdin:
        text += line
        try:
            job = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(job, dict):
            return job
    raise ValueError("stdin holds no JSON object")
