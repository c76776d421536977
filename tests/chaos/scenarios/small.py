"""Directed trials of single guards that need no worker: a rename, a key, a commit before its message."""

import json
import subprocess
import sys
from pathlib import Path

from kit.figures import Figure, figure
from kit.site import REPOSITORY, Site

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
