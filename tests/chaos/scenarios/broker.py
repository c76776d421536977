"""The broker loses everything, dies, stays away: jobs come later, and none is refused."""

import shutil
import signal
import time

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants

RESPONSE_S = 2.0


def flushed(site: Site, *, jobs: int, patience_s: float = 120) -> list[Figure]:
    """Every message is lost while it waits."""
    site.start()
    (worker,) = site.processes("worker")
    site.freeze(worker)  # or it takes some of them at once
    ids = site.submit(jobs, steps=3, seconds=0.3)
    if site.redis:
        site.redis.flush()
    else:
        for message in (site.root / "broker" / "messages").glob("*.msg"):
            message.unlink(missing_ok=True)
    worker.send(signal.SIGCONT)
    rows = site.wait_ended(ids, patience_s)
    return [
        figure("jobs lost with the messages", sum(row["state"] != "succeeded" for row in rows), "== 0"),
        broken_invariants(site),
    ]


def away(site: Site, *, jobs: int, seconds: float) -> list[Figure]:
    """Submit while the broker is away for so long, then let it come back."""
    site.start()
    running = site.submit(2, steps=40, seconds=4)
    for job in running:
        site.wait_steps(job, 5)
    _take_away(site)
    began = time.monotonic()
    made = [site.ask("submit", params={"steps": 2, "seconds": 0.2})[0] for _ in range(jobs)]
    wait_for("the time is over", lambda: time.monotonic() - began >= seconds, seconds + 1)
    _bring_back(site)
    ids = [each["id"] for each in made]
    back = time.monotonic()
    rows = site.wait_ended(running + ids, 120 + 3 * jobs)
    return [
        figure("submissions accepted while the broker was away", len(made), f">= {jobs}", f"away {seconds:g} s"),
        figure("slowest of these submissions in seconds", max(each["seconds"] for each in made), f"<= {RESPONSE_S}"),
        figure("jobs that did not succeed", sum(row["state"] != "succeeded" for row in rows), "== 0"),
        figure("seconds until all were done after it came back", time.monotonic() - back, f"<= {120 + 3 * jobs}"),
        broken_invariants(site),
    ]


def _take_away(site: Site) -> None:
    if site.redis:
        site.redis.kill()
    else:
        (site.root / "broker").rename(site.root / "broker.away")


def _bring_back(site: Site) -> None:
    if site.redis:
        site.redis.start()
    else:
        shutil.rmtree(site.root / "broker", ignore_errors=True)
        (site.root / "broker.away").rename(site.root / "broker")
