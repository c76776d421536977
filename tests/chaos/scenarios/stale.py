"""A stale owner: stopped at half of its job, awake again when another worker has long finished it."""

import hashlib
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from kit.figures import Figure, figure
from kit.processes import Found
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants

STEPS, SECONDS = 40, 8.0
MODES = ("alone", "both", "early")


def stale_owners(site: Site, *, times: int, batch: int = 3) -> list[Figure]:
    """Stop an owner for three leases, let it go on, and see that it changes nothing.

    alone: only the supervisor stops, so its trainer finishes unheard. both: the trainer stops too. early: both, and the
    owner wakes up while another worker still runs the job, not after it.
    """
    site.start(WORKER_SLOTS=str(max(4, 2 * batch)))
    refused, changes = 0, []
    for begin in range(0, times, batch):
        modes = [MODES[number % len(MODES)] for number in range(begin, min(times, begin + batch))]
        stopped = [StoppedOwner(site, mode) for mode in modes]
        for owner in stopped:
            owner.stop()
        for owner in sorted(stopped, key=lambda each: each.mode != "early"):
            changed = owner.wake()
            refused += not changed
            changes += changed
    return [figure("stale owners refused", refused, f">= {times}", changes), broken_invariants(site)]


class StoppedOwner:
    """A job whose first owner is stopped and goes on after another has taken its place."""

    def __init__(self, site: Site, mode: str) -> None:
        self.site, self.mode = site, mode
        longer = 4 if mode == "early" else 1  # its second owner must still be at it after three leases
        self.job = site.submit(1, steps=longer * STEPS, seconds=longer * SECONDS)[0]
        self.owner: list[Found] = []

    def stop(self) -> None:
        self.site.wait_steps(self.job, STEPS // 2)
        supervisor = self.site.supervisor_of(self.job)
        trainers = [found for found in self.site.of_job(self.job) if found.role == "trainer"]
        self.owner = [supervisor] if self.mode == "alone" else [supervisor, *trainers]
        self.site.freeze(*self.owner, job=self.job)
        self.since = time.monotonic()

    def wake(self) -> list[str]:
        """Let it go on; what was changed by it."""
        if self.mode == "early":
            self._wait_three_leases()
            self.site.wait_steps(self.job, 1, fence=2)
            self._go_on()
            self.site.wait_ended([self.job], 60)
            return self._not_as_it_must_be()
        self.site.wait_ended([self.job], 60)
        self._wait_three_leases()
        wait_for("all that was decided is told", lambda: self.site.ask("undelivered") == 0, 60, 0.2)
        before = everything(self.site, self.job)
        self._go_on()
        after = everything(self.site, self.job)
        return self._not_as_it_must_be() + [
            f"{self.mode} {self.job[:8]} {key}" for key in before if before[key] != after[key]
        ]

    def _wait_three_leases(self) -> None:
        lease = 3 * float(self.site.settings["LEASE_S"])
        wait_for("three leases", lambda: time.monotonic() - self.since > lease, lease + 1)

    def _go_on(self) -> None:
        for found in self.owner:
            found.send(signal.SIGCONT)
        wait_for("the stale owner is done", lambda: not has_open(self.owner[0], self.job), 30)

    def _not_as_it_must_be(self) -> list[str]:
        """One end, one charge, and the stale owner lost; on a busy machine its successor may have been lost too."""
        row = self.site.row(self.job)
        *before, last = (each["outcome"] for each in row["attempts"])
        good = row["state"] == "succeeded" and row["charges"] == 1 and row["fence"] == len(row["attempts"]) > 1
        if good and last == "finished" and set(before) == {"lost"}:
            return []
        return [f"{self.mode} {self.job[:8]} {row['state']} {row['fence']} {row['charges']} {[*before, last]}"]


def has_open(owner: Found, job: str) -> bool:
    """Whether it is still at its attempt: the log is closed last."""
    return any(f"/jobs/{job}/attempt-1/" in link for link in _links(Path(f"/proc/{owner.pid}/fd")))


def _links(folder: Path) -> Iterator[str]:
    with suppress(OSError):  # it ended while we looked
        for each in folder.iterdir():
            with suppress(OSError):
                yield str(each.readlink())


def everything(site: Site, job: str) -> dict[str, Any]:
    """All that a stale owner might change: row, money, attempts, outbox, files, and what MLflow shows."""
    files = [path for path in (site.root / "jobs" / job).rglob("*") if path.is_file() and path.name != "log.txt"]
    return {
        "row": site.row(job),
        "undelivered": site.ask("undelivered"),
        "files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "mlflow": site.mlflow_status(job),
    }
