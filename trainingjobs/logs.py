"""The log of an attempt: what the trainer printed, bounded on disk, its head and its tail always readable."""

import os
from pathlib import Path
from typing import BinaryIO

from trainingjobs.folders import attempt_folder
from trainingjobs.models import TrainingJob

PART = 512 * 1024  # bytes a part; head + previous + current at most, so 1.5 MiB an attempt
LEFT_OUT = b"\n[... left out: the log grew too long to keep it whole ...]\n"
CURRENT, PREVIOUS, HEAD = "log.txt", "log.previous.txt", "log.head.txt"


class AttemptLog:
    """An append-only file that the trainer and its supervisor share; `trim` moves it aside when it has grown.

    The trainer writes to the file itself and not through us, so its last words survive whoever is killed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file: BinaryIO = (folder / CURRENT).open("ab", buffering=0)

    def write(self, line: str) -> None:
        self.file.write(f"{line.rstrip()}\n".encode("utf-8", "replace"))

    def trim(self) -> None:
        """Copy and truncate: a writer with O_APPEND goes on at the new end."""
        current, head = self.folder / CURRENT, self.folder / HEAD
        size, has_lost = current.stat().st_size, (self.folder / PREVIOUS).exists()
        if size <= PART:
            return
        with current.open("rb") as source, (self.folder / PREVIOUS).open("wb") as previous:
            if not head.exists():
                head.write_bytes(source.read(PART))
            if has_lost or source.tell() < size - PART:
                previous.write(LEFT_OUT)
            source.seek(max(source.tell(), size - PART))
            previous.write(source.read(PART))
            previous.write(source.read())  # what the trainer has written meanwhile
            os.truncate(current, 0)

    def close(self) -> None:
        self.trim()
        self.file.close()


def read_tail(job: TrainingJob, limit: int = 65_536, attempt: int | None = None) -> str:
    """The end of the log of an attempt, the newest without one; empty when it has written nothing yet."""
    return tail_of(attempt_folder(job.pk, job.fence if attempt is None else attempt), limit)


def tail_of(folder: Path, limit: int) -> str:
    """The last `limit` bytes over the parts of one log, from a line start when it was cut."""
    data = b""
    for name in (CURRENT, PREVIOUS, HEAD):
        data = _end_of(folder / name, limit - len(data)) + data
        if len(data) >= limit:
            return data.partition(b"\n")[2].decode("utf-8", "replace")
    return data.decode("utf-8", "replace")


def _end_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
            return file.read(limit)
    except FileNotFoundError:
        return b""
