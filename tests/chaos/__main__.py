"""All scenarios in full, on both storages: `make chaos [SCENARIOS="--on embedded --seed 7 kills"]`.

Every figure is one JSON line with its bound; exit code 1 when a bound is broken.
"""

import argparse
import json
import secrets
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from kit.figures import Figure, figure
from kit.site import WARM, Site
from kit.sites import STORAGES, Sites, missing
from mutants.catalogue import MUTANTS, found_out
from scenarios import (
    broker,
    cancel,
    database,
    disk,
    failpoints,
    forecast,
    handover,
    kills,
    limits,
    memory,
    poison,
    small,
    stale,
    tree,
    writers,
)

Scenario = Callable[[Site, int], list[Figure]]

FULL: dict[str, Scenario] = {
    "kills": lambda site, seed: kills.random_kills(
        site,
        jobs=50,
        kills=200,
        seed=seed,
        MAX_ATTEMPTS="20",  # poison is another scenario: here every trainer is healthy
        **WARM,
    ),
    "kills-cold": lambda site, seed: kills.random_kills(site, jobs=8, kills=32, seed=seed, MAX_ATTEMPTS="20"),
    "stale": lambda site, seed: stale.stale_owners(site, times=20, batch=4),
    "failpoints": lambda site, seed: failpoints.killed_at(site, failpoints.EVERY),
    "cancel": lambda site, seed: cancel.cancel_races_finish(site, times=100, seed=seed),
    "broker-flushed": lambda site, seed: broker.flushed(site, jobs=20),
    "broker-away": lambda site, seed: broker.away(site, jobs=100, seconds=60),
    "database": lambda site, seed: database.server_killed(site, times=3),
    "disk": lambda site, seed: disk.full_disk(site),
    "tree": lambda site, seed: tree.cancelled_trees(site, times=20, **WARM),
    "deadline": lambda site, seed: limits.time_limit(site, times=4),
    "budget": lambda site, seed: limits.budget_stop(site),
    "tree-dies": lambda site, seed: handover.tree_dies(
        site, LEASE_S="30", HEARTBEAT_S="10", REAPER_S="10", GRACE_S="10", **WARM
    ),
    "memory": lambda site, seed: memory.many_jobs(site, jobs=300, **WARM),
    "forecast": lambda site, seed: forecast.forecasts_come_true(site, seed=seed, WORKER_SLOTS="1", **WARM),
    "writers": lambda site, seed: writers.many_writers(site, transactions=500),
    "handover": lambda site, seed: handover.handed_over(site),
    "poison": lambda site, seed: poison.poison(site),
    "half-written": lambda site, seed: small.half_written(site),
    "charged-again": lambda site, seed: small.charged_again(site),
    "prompt-start": lambda site, seed: small.prompt_start(site),
}
for mutant in MUTANTS:
    FULL[f"mutant-{mutant.name}"] = lambda site, seed, mutant=mutant: [
        figure("missing guards found out", int(found_out(site, mutant)), "== 1")
    ]


def why_not(name: str, storage: str) -> str:
    """Why that scenario cannot be run here, or nothing."""
    if name == "database" and storage == "embedded":
        return "SQLite has no server"
    if name == "mutant-deferred_transactions" and storage == "servers":
        return "PostgreSQL knows no deferred transactions"
    if name == "disk" and not disk.may_mount(Path(tempfile.gettempdir()) / "throughline-may-mount"):
        return "mounting a small file system is not permitted here"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--on", choices=STORAGES, action="append")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    chosen = parser.parse_args()
    if unknown := set(chosen.scenarios) - set(FULL):
        parser.error(f"there is no {', '.join(sorted(unknown))}; choose from {', '.join(FULL)}")
    print(json.dumps({"seed": chosen.seed}), flush=True)
    began, figures, broken = time.monotonic(), 0, []
    for storage in chosen.on or STORAGES:
        for line, name, found in run(storage, chosen.scenarios or list(FULL), chosen.seed):
            print(line, flush=True)
            figures += found is not None
            broken += [f"{storage} {name}: {found.name}"] if found and not found.ok else []
    took_s = round(time.monotonic() - began)
    print(json.dumps({"figures": figures, "broken": broken, "took_s": took_s}), flush=True)
    sys.exit(1 if broken else 0)


def run(storage: str, names: list[str], seed: int) -> Iterator[tuple[str, str, Figure | None]]:
    """The lines of the report, each with its scenario and the figure that it tells, if any."""
    lacking = missing(storage)
    if lacking:
        yield json.dumps({"on": storage, "skipped": lacking}), "", None
        return
    sites = Sites(storage)
    try:
        for name in names:
            reason = why_not(name, storage)
            if reason:
                yield json.dumps({"on": storage, "scenario": name, "skipped": reason}), name, None
                continue
            began = time.monotonic()
            for found in figures_of(sites, name, seed):
                yield found.line(on=storage, scenario=name), name, found
            took_s = round(time.monotonic() - began, 1)
            yield json.dumps({"on": storage, "scenario": name, "took_s": took_s}), name, None
    finally:
        sites.close()


def figures_of(sites: Sites, name: str, seed: int) -> list[Figure]:
    """One scenario on an installation of its own; what goes wrong on the way is a broken figure too."""
    with sites.site() as site:
        try:
            found = FULL[name](site, seed)
        except Exception:
            print(traceback.format_exc(), site.log_of("worker")[-3000:], file=sys.stderr, flush=True)
            return [Figure("came to its end", 0, "== 1", False)]
        site.stop()
        if name.startswith("mutant-"):
            return found  # what a mutant leaves behind is its nature
        left = kills.patiently(site.survivors, 10)
        return [
            *found,
            Figure("processes left after the worker was stopped", len(left), "== 0", not left, str(left[:5])),
        ]


if __name__ == "__main__":
    main()
