"""The trainer as a process, a spare or a fresh one: spec on stdin, events on a pipe, stderr into the log."""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from engine import failpoint
from trainingjobs.logs import AttemptLog
from trainingjobs.supervisor import spare
from trainingjobs.supervisor.child import spawn
from trainingjobs.supervisor.strays import DIES_WITHIN_S, kill_group, kill_strays, reap, remove_leavings

COMMAND = (sys.executable, "-P", "-m", "engine", "run")
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
CHUNK, LONGEST_LINE = 1 << 16, 1 << 22


class Trainer:
    """One running attempt. The trainer gets no secret of the portal: its environment is made, not inherited."""

    def __init__(self, *, job_id: UUID, fence: int, spec: Mapping[str, Any], folder: Path, log: AttemptLog) -> None:
        become_subreaper()
        self.job_id, self.fence, self.folder = job_id, fence, folder
        self.exit_code: int | None = None
        self.cpu_seconds = 0.0
        self._buffer = b""
        self._marks = {"JOB_ID": str(job_id), "FENCE": str(fence)}
        spec = {**spec, "job_id": str(job_id), "fence": fence, "log": log.file.name, "failpoint": failpoint.handed_on()}
        self._process = self._adopt(spec) or self._start(spec, folder, log)
        assert self._process.stdout is not None  # noqa: S101 it is a pipe, see spawn
        self.pid, self._out = self._process.pid, self._process.stdout
        self.pid_started = _start_time(self.pid)
        os.set_blocking(self._out.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self.is_open = True
        spare.prepare()  # for the next job, while this one runs

    def _adopt(self, spec: Mapping[str, Any]) -> subprocess.Popen[bytes] | None:
        """A spare that has been given this job, or None. What it used before it got the job is not the job's."""
        process = spare.take()
        if process is None:
            return None
        self.is_warm, self._cpu_before = True, cpu_of(process.pid)
        if _tell(process, spec):
            return process
        with process:  # reaps it and closes its pipes
            process.kill()
        return None

    def _start(self, spec: Mapping[str, Any], folder: Path, log: AttemptLog) -> subprocess.Popen[bytes]:
        self.is_warm, self._cpu_before = False, 0.0
        process = spawn(COMMAND, cwd=folder, marks=self._marks, threads=int(spec["threads"]), stderr=log.file)
        _tell(process, spec)  # when it died at once, its exit code will say more
        return process

    def read(self, timeout_s: float) -> list[str]:
        """The lines that came within the time; waits no longer than for the first."""
        if not self.is_open:
            time.sleep(min(timeout_s, 0.02))
            return []
        if not self._selector.select(timeout_s):
            return []
        with contextlib.suppress(BlockingIOError):
            while len(self._buffer) < LONGEST_LINE:
                chunk = os.read(self._out.fileno(), CHUNK)
                if not chunk:
                    self._close_pipe()
                    break
                self._buffer += chunk
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) >= LONGEST_LINE:
            self._buffer = b""
        return [line.decode("utf-8", "replace") for line in lines if line.strip()]

    def has_exited(self) -> bool:
        """Reap it when it has ended, with the CPU time of all that it waited for since it got the job."""
        if self.exit_code is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = self._process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_seconds = max(0.0, usage.ru_utime + usage.ru_stime - self._cpu_before)
        return self.exit_code is not None

    def terminate(self) -> None:
        kill_group(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        kill_group(self.pid, signal.SIGKILL)

    def clear_away(self) -> list[str]:
        """After its exit: kill whatever is left of it, remove what it left, and return the last lines."""
        self.kill()
        kill_strays(self.job_id, self.fence)
        reap(-self.pid, time.monotonic() + DIES_WITHIN_S)
        remove_leavings(self.job_id, self.fence, self.folder)
        lines, deadline = [], time.monotonic() + 1
        while self.is_open and time.monotonic() < deadline:
            lines += self.read(0.05)
        if self.is_open:
            self._close_pipe()
        return lines

    def _close_pipe(self) -> None:
        self._selector.close()
        self._out.close()
        self.is_open = False


def _tell(process: subprocess.Popen[bytes], spec: Mapping[str, Any]) -> bool:
    """Hand over the spec; False when nobody reads it any more."""
    assert process.stdin is not None  # noqa: S101 it is a pipe, see spawn
    try:
        process.stdin.write(json.dumps(spec).encode() + b"\n")
        process.stdin.close()
    except BrokenPipeError:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        return False
    return True


def cpu_of(pid: int) -> float:
    """CPU seconds that a process and the children it waited for have used; 0 when it is gone."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:4])
    except psutil.Error:
        return 0.0


def _start_time(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def become_subreaper() -> None:
    """Processes that a trainer orphans come to us and not to init, so that none stays unseen or a zombie."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
