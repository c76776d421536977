"""A time limit and a budget bite within five seconds; what the budget stopped keeps its checkpoint."""

from datetime import datetime

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants

BOUND_S, LIMIT_S = 5.0, 3.0


def time_limit(site: Site, *, times: int = 1, patience_s: float = 60) -> list[Figure]:
    """Jobs that ignore SIGTERM, so that only a kill ends them."""
    site.start()
    ids = site.submit(times, steps=600, seconds=60, ignore_term=True, more={"time_limit_s": LIMIT_S})
    rows = site.wait_ended(ids, patience_s + 10 * times)
    late = [row["finished"] - row["started"] - LIMIT_S for row in rows]
    ends = [f"{row['state']} {row['error']}" for row in rows]
    return [
        figure("jobs that did not fail by their deadline", sum(end != "failed deadline" for end in ends), "== 0", ends),
        figure("seconds over the deadline", max(late), f"<= {BOUND_S}"),
        figure("seconds under the deadline", -min(late), "<= 0.1"),
        broken_invariants(site),
    ]


def budget_stop(site: Site, *, patience_s: float = 90) -> list[Figure]:
    """A job that takes far more memory than its recipe declares is paused at the crossing, with a checkpoint."""
    site.start()
    job = site.submit(1, steps=400, seconds=20, cpu=True, megabytes=2048)[0]
    wait_for("a checkpoint", lambda: site.row(job)["checkpoint"], 30)
    budget_minor = site.ask("cut_budget", job=job)
    row = site.wait_state(job, "paused", patience_s)
    site.ask("fill_budget", job=job)
    attempt = row["attempts"][-1]
    ran = seconds_between(attempt["started_at"], attempt["ended_at"])
    over_s = (row["cost_micro"] / 1e4 - budget_minor) / (row["cost_micro"] / 1e4 / ran)
    return [
        figure("paused by its budget", int(row["pause_reason"] == "budget"), "== 1"),
        figure("keeps a checkpoint", int(bool(row["checkpoint"])), "== 1"),
        figure(
            "seconds run beyond the budget", over_s, f"<= {BOUND_S}", f"{row['cost_micro'] / 1e4:.0f} of {budget_minor}"
        ),
        broken_invariants(site),
    ]


def seconds_between(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
