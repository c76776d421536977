"""The trainer as a process: exec in a session of its own, spec on stdin, events on a pipe, stderr into the log."""

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

import engine
from trainingjobs.logs import AttemptLog
from trainingjobs.supervisor.strays import kill_group, kill_strays, reap

COMMAND = (sys.executable, "-P", "-m", "engine", "run")
HANDED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "CUDA_VISIBLE_DEVICES",
)
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
CHUNK, LONGEST_LINE = 1 << 16, 1 << 22


class Trainer:
    """One running attempt. The trainer gets no secret of the portal: its environment is made, not inherited."""

    def __init__(self, *, job_id: UUID, fence: int, spec: Mapping[str, Any], folder: Path, log: AttemptLog) -> None:
        become_subreaper()
        self.job_id, self.fence = job_id, fence
        self.exit_code: int | None = None
        self.cpu_seconds = 0.0
        self._buffer = b""
        self._process = subprocess.Popen(
            COMMAND,
            cwd=folder,
            env=environment(job_id, fence, int(spec["threads"])),
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.file,
        )
        assert self._process.stdin is not None  # noqa: S101 both are pipes, see above
        assert self._process.stdout is not None  # noqa: S101
        self.pid, self._out = self._process.pid, self._process.stdout
        os.set_blocking(self._out.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self.is_open = True
        with contextlib.suppress(BrokenPipeError):  # it died at once; its exit code will say more
            self._process.stdin.write(json.dumps(spec).encode() + b"\n")
            self._process.stdin.close()

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
        """Reap it when it has ended, with the CPU time of all that it waited for."""
        if self.exit_code is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = self._process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return self.exit_code is not None

    def terminate(self) -> None:
        kill_group(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        kill_group(self.pid, signal.SIGKILL)

    def clear_away(self) -> list[str]:
        """After its exit: kill whatever is left of it and return the last lines."""
        self.kill()
        kill_strays(self.job_id, self.fence)
        reap(-self.pid, time.monotonic() + 1)
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


def environment(job_id: UUID, fence: int, threads: int) -> dict[str, str]:
    """What a trainer may know: where programs and libraries are, who it is, and how many threads it has."""
    handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    root = str(Path(engine.__file__).resolve().parent.parent)
    return {
        **handed_on,
        **limits,
        "PYTHONPATH": root,
        "PYTHONUNBUFFERED": "1",
        "JOB_ID": str(job_id),
        "FENCE": str(fence),
    }


def become_subreaper() -> None:
    """Processes that a trainer orphans come to us and not to init, so that none stays unseen or a zombie."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
