"""Many short jobs through one worker: its memory and its descriptors stay where they were."""

import time

from kit.figures import Figure, figure
from kit.processes import descriptors, resident_mb
from kit.site import WARM, Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants

WARM_UP, SLOTS, LOOKS = 30, 2, 12


def many_jobs(site: Site, *, jobs: int, warm_up: int = WARM_UP, **settings: str) -> list[Figure]:
    """Measured after the first jobs, when every library has been loaded, and at the end."""
    site.stop()
    site.start(WORKER_SLOTS=str(SLOTS), **settings)
    first = site.submit(warm_up, steps=1, seconds=0.01)
    ended = site.wait_ended(first, 120 + 3 * warm_up)
    wait_at_rest(site, **settings)
    before = _measure(site)
    rest = site.submit(jobs - warm_up, steps=1, seconds=0.01)
    ended += site.wait_ended(rest, 120 + 3 * jobs)
    wait_at_rest(site, **settings)
    after = _measure(site)
    same = before.keys() == after.keys()
    growth = sum(mb for mb, _ in after.values()) - sum(mb for mb, _ in before.values())
    more = sum(fds for _, fds in after.values()) - sum(fds for _, fds in before.values())
    detail = {pid: [*map(round, before[pid]), *map(round, after[pid])] for pid in before if pid in after}
    return [
        figure("jobs that did not succeed", sum(row["state"] != "succeeded" for row in ended), "== 0"),
        figure("processes of the worker that were replaced", int(not same), "== 0"),
        figure("memory growth in MB", growth, "<= 30", detail),
        figure("more descriptors", more, "<= 4"),
        broken_invariants(site),
    ]


def wait_at_rest(site: Site, **settings: str) -> None:
    """Publishing needs memory too, so let it be over; and each slot has its spare again, which has pipes."""
    wait_for("all that was decided is told", lambda: site.ask("undelivered") == 0, 120, 0.5)
    if settings.items() >= WARM.items():
        wait_for("each slot has its spare", lambda: len(site.processes("spare")) == SLOTS, 30, 0.2)


def _measure(site: Site) -> dict[int, tuple[float, int]]:
    """Megabytes and descriptors of each process, these at its quietest: beats open some for a moment."""
    found = site.processes("worker", "supervisor")
    fewest = {each.pid: descriptors(each.process) for each in found}
    for _look in range(LOOKS):
        time.sleep(0.25)
        fewest = {each.pid: min(fewest[each.pid], descriptors(each.process)) for each in found}
    return {each.pid: (resident_mb(each.process), fewest[each.pid]) for each in found}
