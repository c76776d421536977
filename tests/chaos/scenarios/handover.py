"""SIGTERM of the worker: jobs checkpoint, go back to the queue and go on where they were."""

import signal
import time

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants


def handed_over(site: Site, *, jobs: int = 2) -> list[Figure]:
    """Ask a worker to end in the middle of its jobs, then start the next one."""
    site.start()
    steps = 60
    ids = site.submit(jobs, steps=steps, seconds=4)
    for job in ids:
        site.wait_steps(job, steps // 3)
    assert site.worker
    began = time.monotonic()
    site.worker.send_signal(signal.SIGTERM)
    site.worker.wait(60)
    took = time.monotonic() - began
    handed = site.rows(ids)
    still = [found.pid for found in site.processes("worker", "supervisor", "trainer", "child", "spare")]
    site.start_worker()
    ended = site.wait_ended(ids, 60)
    again = sum(site.steps_done(job) for job in ids) - steps * jobs
    return [
        figure("jobs that a worker asked to end did not hand back", sum(_kept(row) for row in handed), "== 0"),
        figure("processes that outlive their worker", len(still), "== 0"),
        figure("seconds until the worker has ended", took, "<= 30"),
        figure("steps run again after a hand-over", again, f"<= {jobs}"),
        figure("jobs that did not succeed", sum(row["state"] != "succeeded" for row in ended), "== 0"),
        figure("hand-overs counted as a death", sum(row["trainer_deaths"] for row in ended), "== 0"),
        broken_invariants(site),
    ]


def _kept(row: dict[str, object]) -> bool:
    attempts = row["attempts"]
    assert isinstance(attempts, list)
    return row["state"] != "queued" or attempts[-1]["outcome"] != "released" or not row["checkpoint"]


def tree_dies(site: Site, *, bound_s: float = 60, **settings: str) -> list[Figure]:
    """Kill the whole worker tree with its scheduler, start both a second later, and wait for the job to run again."""
    site.start(**settings)
    job = site.submit(1, steps=600, seconds=60)[0]
    site.wait_steps(job, 5)
    site.wait_state(job, "running")
    for found in site.processes("worker", "beat", "supervisor", "trainer", "child", "spare"):
        found.send(signal.SIGKILL)
    began = time.monotonic()
    wait_for("a second", lambda: time.monotonic() - began >= 1, 2)
    before = site.steps_done(job)
    site.start_worker()
    site.start_beat()
    wait_for("the job runs again", lambda: site.steps_done(job) > before, bound_s * 2)
    took = time.monotonic() - began
    row = site.row(job)
    site.ask("act", verb="cancel", job=job)
    site.wait_ended([job])
    return [
        figure(
            "seconds until it runs again after the whole worker tree died",
            took,
            f"<= {bound_s}",
            site.settings["LEASE_S"],
        ),
        figure("attempts", row["fence"], "== 2"),
        broken_invariants(site),
    ]
