"""Directed trials of single guards, nearly all without a worker: a rename, a key, a floor, a message, an approval."""

import json
import subprocess
import sys
from pathlib import Path

from kit.figures import Figure, figure
from kit.site import REPOSITORY, Site
from kit.waiting import TooLate, wait_for

HALF = """
import sys, django
django.setup()
from pathlib import Path
from engine import checkpoint, failpoint
folder = Path(sys.argv[1])
checkpoint.write_checkpoint(folder, 1, {"step": 1})
failpoint.arm("checkpoint.before_rename:kill", marks=folder / "marks")
checkpoint.write_checkpoint(folder, 2, {"step": 2})
"""


def half_written(site: Site) -> list[Figure]:
    """Kill a process after the last byte of a checkpoint and before its rename: only the one before can be seen."""
    folder = site.root / "half-written"
    command = [sys.executable, "-c", HALF, str(folder)]
    died = subprocess.run(command, cwd=REPOSITORY, env=site.environment(), capture_output=True, text=True)
    assert died.returncode == -9, died.stderr[-500:]
    seen = sorted(path.name for path in Path(folder).glob("step-*"))
    return [figure("checkpoints seen that were never finished", len(seen) - 1, "== 0", seen)]


def charged_again(site: Site) -> list[Figure]:
    """Write a second charge for a job past every check in the code: the database refuses it."""
    taken = site.ask("charge_again")
    return [figure("second charges with the same key that were taken", int(taken), "== 0", json.dumps(taken))]


def prompt_start(site: Site, *, bound_s: float = 4) -> list[Figure]:
    """Submit with a commit that takes a second: the message must come after it, or the job waits for a sweep."""
    site.start(LEASE_S="30", HEARTBEAT_S="10", REAPER_S="10")
    job = site.ask("submit_slowly", params={"steps": 1, "seconds": 0.1})
    row = site.wait_ended([job], 60)[0]
    waited = row["started"] - row["submitted"] - 1
    return [figure("seconds from the submission to the start", waited, f"<= {bound_s}")]


def lease_forgotten(site: Site) -> list[Figure]:
    """Write a running job without a lease past the code: it would never be late, so the database refuses it."""
    taken = site.ask("forget_lease")
    return [figure("running jobs without a lease that were taken", int(taken), "== 0")]


def below_the_floor(site: Site) -> list[Figure]:
    """With less of the disk free than must stay free nothing is accepted, started, or written by a trainer."""
    begun = site.ask("begin_below_the_floor", folder=str(site.root / "below-the-floor"))
    return [figure("works begun below the floor of the disk", len(begun), "== 0", begun)]


def undone(site: Site) -> list[Figure]:
    """Leave a message in a transaction that is undone: what never happened is told to nobody."""
    return [figure("messages of what never happened", site.ask("tell_and_undo"), "== 0")]


def dead_deliverer(site: Site, *, lease_s: float = 0.25) -> list[Figure]:
    """Kill a process with a message in its hands: after four leases another one takes it up."""
    site.ask_and_die("die_while_delivering", {}, lease_s=lease_s)
    left = site.ask("in_dead_hands")

    def is_told() -> bool:
        site.ask("deliver")
        return site.ask("in_dead_hands") == 0

    try:
        wait_for("the message is taken up", is_told, 4 * lease_s + 2, 0.2)
    except TooLate:
        return [figure("messages left in dead hands", 1, "== 0")]
    return [figure("messages left in dead hands", 0, "== 0"), figure("messages taken up again", left, "== 1")]


def stale_approval(site: Site) -> list[Figure]:
    """Change a job between the manager's look and his word, and ask for more money after it: he has to decide anew."""
    slipped = site.ask("slip_past_an_approval")
    return [figure("changes that an older approval let through", len(slipped), "== 0", slipped)]
