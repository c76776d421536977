"""What a probe holds while it runs: memory, shared memory, temporary files and processes."""

import subprocess
import sys
import tempfile
from types import TracebackType

import psutil

from engine.recipe import RecipeError
from engine.recipes.probe import Probe
from engine.shared_memory import shared_path

MEGABYTE = 10**6
# Each generation starts the next in a session of its own and sleeps; the last one says that all are there.
_GENERATION = """
import subprocess, sys, time
left = int(sys.argv[2])
if left:
    command = [sys.executable, "-I", "-S", "-c", sys.argv[1], sys.argv[1], str(left - 1)]
    subprocess.Popen(command, start_new_session=True)
else:
    print(flush=True)
while True:
    time.sleep(3600)
"""


class Holdings:
    """Held from `with` on. Shared memory is given back at an orderly end; the rest is left to the supervisor."""

    def __init__(self, params: Probe.Params) -> None:
        self._params = params
        self._shared = shared_path("probe")
        self._memory = b""
        self._children: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        _demand_memory(self._params.megabytes + self._params.shared_megabytes)
        self._memory = b"\1" * (self._params.megabytes * MEGABYTE)  # not zeros, which the kernel need not hold
        for number in range(self._params.temp_files):
            with tempfile.NamedTemporaryFile(prefix=f"probe-{number}-", delete=False) as file:
                file.write(b"left by a probe\n")
        if self._params.shared_megabytes:
            with self._shared.open("wb") as file:
                for _ in range(self._params.shared_megabytes):
                    file.write(b"\1" * MEGABYTE)
        if self._params.children:
            self._children = _start_generations(self._params.children)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._shared.unlink(missing_ok=True)


def _demand_memory(megabytes: int) -> None:
    """A probe tries out a machine; it must not bring it down with everybody else's work."""
    free = psutil.virtual_memory().available // MEGABYTE
    if megabytes > free // 2:
        raise RecipeError(
            "not_enough_memory",
            f"The probe would hold {megabytes} MB, and {free} MB are free on this machine.",
            f"Ask for {free // 2} MB at most: half of what is free.",
        )


def _start_generations(count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", "-c", _GENERATION, _GENERATION, str(count - 1)]
    first = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert first.stdout is not None  # noqa: S101 it is a pipe, see above
    first.stdout.readline()
    return first
