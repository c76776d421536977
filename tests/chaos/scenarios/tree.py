"""Cancel a job whose children have children of their own, all deaf to SIGTERM."""

import time

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import TooLate, wait_for

from scenarios.kills import broken_invariants, patiently

BOUND_S = 15.0


def cancelled_trees(site: Site, *, times: int, batch: int = 2, **settings: str) -> list[Figure]:
    """Time from the cancel until no process of the job is left and its row says cancelled."""
    site.start(**settings)
    took: list[float] = []
    ids: list[str] = []
    for begin in range(0, times, batch):
        count = min(batch, times - begin)
        jobs = site.submit(
            count, steps=600, seconds=600, children=3, ignore_term=True, shared_megabytes=1, temp_files=2
        )
        ids += jobs
        for job in jobs:
            wait_for(f"three generations of {job}", lambda job=job: len(_children(site, job)) >= 3, 30)
        began = {job: _cancel(site, job) for job in jobs}
        for job in jobs:
            took.append(_gone_after(site, job, began[job]))
    rows = site.rows(ids)
    leftovers = patiently(lambda: site.leftovers(ids))
    return [
        figure("cancelled trees gone", sum(s <= BOUND_S for s in took), f">= {times}", [round(s, 2) for s in took]),
        figure("seconds until a cancelled tree is gone", max(took), f"<= {BOUND_S}"),
        figure("jobs that are not cancelled", sum(row["state"] != "cancelled" for row in rows), "== 0"),
        figure("leftovers in /dev/shm and temp", len(leftovers), "== 0", leftovers[:5]),
        broken_invariants(site),
    ]


def _children(site: Site, job: str) -> list[int]:
    return [found.pid for found in site.of_job(job) if found.role == "child"]


def _cancel(site: Site, job: str) -> float:
    began = time.monotonic()
    site.ask("act", verb="cancel", job=job)
    return began


def _gone_after(site: Site, job: str, began: float) -> float:
    try:
        wait_for("the tree has gone", lambda: not site.of_job(job) and site.all_ended([job]), 2 * BOUND_S)
    except TooLate:
        return float("inf")
    return time.monotonic() - began
