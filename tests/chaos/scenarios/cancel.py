"""Cancel racing the finish: whichever comes first, the job ends once and everything agrees how."""

import random
import time
from collections import Counter

from kit.figures import Figure, figure
from kit.site import Refused, Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants

RUN_OF = {"succeeded": ("finished", "FINISHED"), "cancelled": ("cancelled", "KILLED")}


def cancel_races_finish(site: Site, *, times: int, seed: int) -> list[Figure]:
    """Cancel every job at a random moment around its end."""
    site.start()
    chance, refused = random.Random(seed), 0
    ids: list[str] = []
    for begin in range(0, times, 2):
        pair = site.submit(min(2, times - begin), steps=30, seconds=1.5)
        ids += pair
        for job in pair:
            site.wait_steps(job, chance.randint(5, 30))
            time.sleep(chance.uniform(0, 0.3))
            try:
                site.ask("act", verb="cancel", job=job)
            except Refused as no:
                if no.code != "already_ended":
                    raise
                refused += 1
    rows = site.wait_ended(ids, 60)
    wait_for("all that was decided is told", lambda: site.ask("undelivered") == 0, 120, 0.5)
    for row in rows:
        if row["state"] in RUN_OF:
            wait_for(
                "MLflow has at most one run of it", lambda job=row["id"]: len(site.mlflow_status(job)) <= 1, 30, 0.5
            )
    odd = [row["id"] for row in rows if row["state"] not in RUN_OF]
    unlike = [
        f"{row['state']} {row['run']} {site.mlflow_status(row['id'])}"
        for row in rows
        if row["state"] in RUN_OF
        and (
            row["run"] != RUN_OF[row["state"]][0]
            or site.mlflow_status(row["id"]) not in ([RUN_OF[row["state"]][1]], [])
        )
    ]
    unsettled = [f"{r['charges']} {r['reservation']}" for r in rows if r["charges"] > 1 or r["reservation"] == "open"]
    ends = Counter(row["state"] for row in rows)
    return [
        figure("cancels raced", len(rows), f">= {times}", f"seed {seed}, {dict(ends)}, {refused} came too late"),
        figure("jobs in no proper end", len(odd), "== 0", odd),
        figure("runs that disagree with their job", len(unlike), "== 0", unlike[:5]),
        figure("jobs not settled once", len(unsettled), "== 0", unsettled[:5]),
        broken_invariants(site),
    ]
