"""Find and clear away what a trainer left: processes that escaped its group still carry JOB_ID and FENCE, and files."""

import contextlib
import os
import shutil
import signal
import socket
import time
from pathlib import Path
from uuid import UUID

import psutil

from engine.job import SCRATCH
from engine.shared_memory import remove_shared
from trainingjobs.folders import attempt_folder, dry_runs_folder
from trainingjobs.models import Attempt

DRY_RUN_LASTS_S = 600.0
DIES_WITHIN_S = 5.0  # what was killed may wait for a slow disk before it goes
SAME_START_S = 1.0  # the clock that start times are computed with may be adjusted a little


def strays_of(job_id: UUID, fence: int) -> list[psutil.Process]:
    """Every process of this user with the marks of that attempt in its environment."""
    marks = {"JOB_ID": str(job_id), "FENCE": str(fence)}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and marks.items() <= process.environ().items():
                found.append(process)
    return found


def kill_strays(job_id: UUID, fence: int) -> None:
    """Kill until none is left; one that forks while we look is found in the next round."""
    deadline = time.monotonic() + DIES_WITHIN_S
    while (strays := strays_of(job_id, fence)) and time.monotonic() < deadline:
        for process in strays:
            with contextlib.suppress(psutil.Error):
                process.kill()
        for process in strays:
            reap(process.pid, deadline)


def reap(pid: int, deadline: float) -> None:
    """Reap one orphan of a trainer, or with -pid a whole group: they come to us, the subreaper."""
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                time.sleep(0.005)


def kill_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def remove_leavings(job_id: UUID, fence: int, folder: Path) -> None:
    """Remove what a killed attempt could not: its temporary files, and its files in shared memory."""
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    remove_shared(str(job_id), str(fence))


def clear_dry_runs() -> None:
    """End what dry runs left whose worker died: processes, files in shared memory, folders. Each lasts a minute."""
    for folder in dry_runs_folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):  # another sweep was faster
            if time.time() - folder.stat().st_mtime > DRY_RUN_LASTS_S:
                timing = UUID(folder.name)
                kill_strays(timing, 0)
                remove_leavings(timing, 0, folder)
                shutil.rmtree(folder, ignore_errors=True)


def kill_left_trainer(attempt: Attempt) -> None:
    """Kill the trainer of a lost worker when it ran on this machine. Pid and start time together say which it was."""
    if attempt.worker.rpartition(":")[0] != socket.gethostname():
        return
    with contextlib.suppress(psutil.Error):
        if attempt.pid and abs(psutil.Process(attempt.pid).create_time() - (attempt.pid_started or 0)) < SAME_START_S:
            kill_group(attempt.pid, signal.SIGKILL)
    kill_strays(attempt.job_id, attempt.fence)
    remove_leavings(attempt.job_id, attempt.fence, attempt_folder(attempt.job_id, attempt.fence))
