"""What is left when an owner dies: its trainer goes with it, orphans come to us, and strangers are let alone."""

import signal
import subprocess
import time
from contextlib import suppress

import psutil
from kit.figures import Figure, figure
from kit.processes import Found
from kit.site import Site
from kit.waiting import TooLate, wait_for

from scenarios.kills import broken_invariants

SOON_S = 2.0


def owner_dies(site: Site) -> list[Figure]:
    """Kill a supervisor whose trainer is silent: it is gone long before the lease is over, and not only at a sweep."""
    site.start(LEASE_S="30", HEARTBEAT_S="10", REAPER_S="10")
    job = site.submit(1, steps=1, seconds=60)[0]
    (trainer,) = _begun(site, job)
    site.supervisor_of(job).send(signal.SIGKILL)
    began = time.monotonic()
    with suppress(TooLate):
        wait_for("the trainer has gone", lambda: not trainer.is_alive(), 2 * SOON_S)
    took = time.monotonic() - began
    trainer.send(signal.SIGKILL)
    site.destroy()
    site.ask("act", verb="cancel", job=job)
    return [figure("seconds that a trainer outlived its supervisor", took, f"<= {SOON_S}")]


def orphaned(site: Site) -> list[Figure]:
    """Kill the first of three generations: the next one becomes a child of the supervisor, who buries it in the end."""
    site.start()
    job = site.submit(1, steps=600, seconds=60, children=3)[0]
    (trainer,) = _begun(site, job)
    wait_for("three generations", lambda: len(_children(site, job)) == 3, 30)
    supervisor = site.supervisor_of(job)
    family = {each.process.ppid(): each for each in _children(site, job)}
    eldest = family[trainer.pid]
    orphan = family[eldest.pid]
    eldest.send(signal.SIGKILL)
    wait_for("it has another parent", lambda: orphan.process.ppid() != eldest.pid, 5)
    strangers = int(orphan.process.ppid() != supervisor.pid)
    site.ask("act", verb="cancel", job=job)
    site.wait_ended([job])
    dead = [each.pid for each in supervisor.process.children() if each.status() == psutil.STATUS_ZOMBIE]
    return [
        figure("orphans that went to somebody else", strangers, "== 0"),
        figure("dead children that nobody buried", len(dead), "== 0", dead),
        broken_invariants(site),
    ]


def pid_given_away(site: Site) -> list[Figure]:
    """Take a job back whose trainer's pid belongs to somebody else by now: nobody else is killed."""
    site.start()
    job = site.submit(1, steps=20, seconds=2)[0]
    (trainer,) = _begun(site, job)
    began = trainer.process.create_time()
    wait_for("no other process has begun in its second", lambda: time.time() - began > 2)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        site.ask("give_pid", job=job, pid=stranger.pid)
        site.supervisor_of(job).send(signal.SIGKILL)
        row = site.wait_ended([job])[0]
        killed = stranger.poll() is not None
    finally:
        stranger.kill()
        stranger.wait()
    return [
        figure("strangers killed for a pid", int(killed), "== 0"),
        figure("attempts taken back", [each["outcome"] for each in row["attempts"]].count("lost"), ">= 1"),
        figure("jobs that did not succeed", int(row["state"] != "succeeded"), "== 0"),
    ]


def _begun(site: Site, job: str) -> list[Found]:
    """The trainer of a job, once it has said its first word."""
    wait_for("its first word", lambda: any(each["first_event_at"] for each in site.row(job)["attempts"]), 30)
    return [found for found in site.of_job(job) if found.role == "trainer"]


def _children(site: Site, job: str) -> list[Found]:
    return [found for found in site.of_job(job) if found.role == "child"]
