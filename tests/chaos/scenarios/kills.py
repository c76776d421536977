"""Random kill -9 of worker, supervisors, trainers, their children and spare trainers, while jobs go on."""

import random
import signal
import time
from collections import Counter
from typing import Any

from kit.figures import Figure, figure
from kit.processes import Found
from kit.site import Site
from kit.waiting import wait_for

VICTIMS = ("worker", "supervisor", "trainer", "child", "spare")


def random_kills(
    site: Site, *, jobs: int, kills: int, steps: int = 120, seconds: float = 12, seed: int, **settings: str
) -> list[Figure]:
    """So many jobs under so many kills, spread evenly over the work; the worker is started again as systemd would."""
    site.start(**settings)
    chance, dead = random.Random(seed), Counter[str]()
    ids = site.submit(jobs, steps=steps, seconds=seconds, children=1, shared_megabytes=1, temp_files=2)
    while dead.total() < kills and not site.all_ended(ids):
        done = sum(site.steps_done(job) for job in ids)
        if done * (kills + 1) > dead.total() * jobs * steps:
            time.sleep(chance.uniform(0, 0.2))
            dead.update(_kill_one(site, chance))
        _revive(site)
        time.sleep(0.05)
    ended = _wait_ended(site, ids)
    return [figure("kills", dead.total(), f">= {kills}", f"seed {seed}, {dict(dead)}"), *judge(site, ids, ended, steps)]


def _kill_one(site: Site, chance: random.Random) -> list[str]:
    """The role of the process that was killed, or nothing."""
    there: dict[str, list[Found]] = {role: site.processes(role) for role in VICTIMS}
    role = chance.choice([role for role, found in there.items() if found] or ["none"])
    return [role] if role in there and chance.choice(there[role]).send(signal.SIGKILL) else []


def _revive(site: Site) -> None:
    if site.worker and site.worker.poll() is not None:
        site.start_worker()


def _wait_ended(site: Site, ids: list[str]) -> list[dict[str, Any]]:
    def all_ended() -> bool:
        _revive(site)
        return site.all_ended(ids)

    wait_for("every job has ended", all_ended, 60 + 4 * len(ids), 0.2)
    return site.rows(ids)


def judge(site: Site, ids: list[str], ended: list[dict[str, Any]], steps: int) -> list[Figure]:
    """Nothing lost, nothing done twice, nothing left behind."""
    lost = [f"{row['id']} {row['state']} {row['error']}" for row in ended if row["state"] != "succeeded"]
    finishes = [[each["outcome"] for each in row["attempts"]].count("finished") for row in ended]
    wrong = [f"{row['id']} {row['charges']}" for row in ended if row["charges"] != 1]
    again = {row["id"]: done - steps for row in ended if (done := site.steps_done(row["id"])) > steps}
    share = sum(site.steps_done(job) for job in ids) / (steps * len(ids))
    orphans = patiently(site.orphans)
    wait_for("all that was decided is done", lambda: site.ask("undelivered") == 0, 180, 0.2)
    leftovers = patiently(lambda: site.leftovers(ids))
    return [
        figure("lost jobs", len(lost), "== 0", lost),
        figure("completed twice", sum(count > 1 for count in finishes), "== 0"),
        figure("jobs not charged once", len(wrong), "== 0", wrong),
        figure("steps run for each needed", share, "<= 1.05", {key[:8]: more for key, more in again.items()}),
        figure("orphans", len(orphans), "== 0", orphans[:5]),
        figure("leftovers in /dev/shm and temp", len(leftovers), "== 0", leftovers[:5]),
        broken_invariants(site),
    ]


def patiently(ask: Any, seconds: float = 5) -> list[str]:
    """What is still left after a moment."""
    deadline = time.monotonic() + seconds
    while (left := list(ask())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def broken_invariants(site: Site) -> Figure:
    breaches = site.ask("breaches")
    return figure("broken invariants", len(breaches), "== 0", breaches[:5])
