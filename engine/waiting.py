"""The waiting trainer, `python -m engine wait`: libraries first, then one job from stdin exactly as `run` does it.

A thread that the kernel runs only when nothing else wants the core does the importing, so that it slows no job beside
it. It is a thread because a process without privilege may lower itself so but never rise again; the main thread, which
does the job, never went down. A blank line on stdout says that all is in memory. No device is touched and nothing is
forked: one interpreter, one job.
"""

import contextlib
import ctypes
import importlib
import io
import json
import os
import select
import sys
import threading
from typing import Any, TextIO

from engine.job import die_with_parent, run_job
from engine.recipes import RECIPES
from engine.runner import FINISHED

JOB_ID, FENCE = "JOB_ID", "FENCE"
PLACEHOLDERS = {JOB_ID: "00000000-0000-0000-0000-000000000000", FENCE: "0000000000"}  # as wide as can be
# What the torch halves import only when a run needs it: data sets, and the exporter of torch.
LATE = ("sklearn.datasets", "threadpoolctl", "onnxscript", "torch.onnx", "torch.export", "torch._dynamo")


def wait_for_job(stdin: TextIO) -> int:
    """Import, wait, become the trainer of the job on `stdin`; returns its exit code, or 0 when none ever comes."""
    die_with_parent()
    if _has_nobody(stdin):
        return FINISHED
    importer = threading.Thread(target=_import_idly, name="importer", daemon=True)
    importer.start()
    importer.join()
    os.write(1, b"\n")
    line = stdin.readline()
    if not line.strip():
        return FINISHED
    job = json.loads(line)
    become(job)
    return run_job(io.StringIO(line))


def _has_nobody(stdin: TextIO) -> bool:
    """Whether the other end is closed: its holder died before we asked to die with him, and importing takes long."""
    poll = select.poll()
    poll.register(stdin, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def become(job: dict[str, Any]) -> None:
    """Take over what a process started for this job would have got from its supervisor."""
    take_over_marks({JOB_ID: str(job["job_id"]), FENCE: str(job["fence"])})
    log = os.open(job["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(job["root"])
    _limit_threads(int(job.get("threads") or 1))


def take_over_marks(marks: dict[str, str]) -> None:
    """Set these variables, also in the block that /proc/PID/environ shows of this process and what it forks.

    They overwrite their placeholders in place; the zeros after a shorter value end the block for its readers, which
    is why FENCE has to be the last variable of the environment.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    for name, value in marks.items():
        width = len(os.environ[name])
        if len(value) > width:
            raise ValueError(f"{name} has room for {width} characters and {value!r} is longer")
        address = libc.getenv(name.encode())
        ctypes.memmove(address, value.encode().ljust(width, b"\0"), width)
        os.environ[name] = value


def _import_idly() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for name in (*(recipe.torch_half for recipe in RECIPES.values() if recipe.torch_half), *LATE):
        with contextlib.suppress(ImportError):  # the job that needs it will say so
            importlib.import_module(name)


def _limit_threads(threads: int) -> None:
    """Libraries in memory read their number of threads long ago, from an environment made for no job in particular."""
    with contextlib.suppress(ImportError):
        importlib.import_module("threadpoolctl").threadpool_limits(limits=threads)
