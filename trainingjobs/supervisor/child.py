"""Start a process of the engine with pipes, in a session of its own and with an environment made for it."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from django.conf import settings

import engine
from engine.runner import THREAD_VARIABLES

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


def spawn(
    command: Sequence[str], *, cwd: Path, marks: Mapping[str, str], threads: int, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(marks, threads),
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )


def environment(marks: Mapping[str, str], threads: int) -> dict[str, str]:
    """What a trainer may know: where programs and libraries are, how many threads it has, and who it is.

    No secret of the portal is among it. The marks come last, because a waiting trainer overwrites them in place.
    """
    handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    own = {
        "PYTHONPATH": str(Path(engine.__file__).resolve().parent.parent),
        "PYTHONUNBUFFERED": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(settings.DATA_DIR / "torchinductor"),  # torch makes it where it is imported
    }
    return {**handed_on, **limits, **own, **marks}
