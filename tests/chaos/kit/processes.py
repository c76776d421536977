"""The processes of one installation, found by what stands in their environment and not by who their parent is."""

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.waiting import PLACEHOLDERS


@dataclass(frozen=True)
class Found:
    """A living process: worker, supervisor (of its pool), beat, trainer, child of a trainer, spare trainer, other."""

    process: psutil.Process
    role: str
    job: str = ""
    fence: int = 0

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def send(self, number: signal.Signals) -> bool:
        """Signal it; False when it had gone, or its pid had been given to another."""
        with contextlib.suppress(psutil.Error):
            self.process.send_signal(number)
            return True
        return False

    def is_alive(self) -> bool:
        with contextlib.suppress(psutil.Error):
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        return False


def processes_of(root: Path) -> list[Found]:
    """All of that installation that is alive: zombies are nobody's trouble but their parent's."""
    return list(_find(str(root)))


def _find(root: str) -> Iterator[Found]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            environment = process.environ()
            ours = environment.get("DATA_DIR") == root or environment.get("TMPDIR", "").startswith(root + "/")
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                words = process.cmdline()
                fence, job = int(environment.get("FENCE", 0)), environment.get("JOB_ID", "")
                job = "" if job == PLACEHOLDERS["JOB_ID"] else job  # a spare has room for one and none yet
                yield Found(process, _role(words, job, process), job, fence)


def _role(words: list[str], job: str, process: psutil.Process) -> str:
    if "engine" in words:
        return "spare" if "wait" in words and not job else "trainer"
    if job:
        return "child"
    if "celery" in words and "beat" in words:
        return "beat"
    if "celery" in words and "worker" in words:
        parent = process.parent()
        is_main = parent is None or "celery" not in parent.cmdline()
        return "worker" if is_main else "supervisor"
    return "other"


def descriptors(process: psutil.Process) -> int:
    return int(process.num_fds())


def resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20
