"""Files in shared memory, under names by which a supervisor finds what a killed attempt left there.

Recipes that put anything into shared memory have to name it so: nothing else frees memory that no process maps.
"""

import os
from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108 shared memory is the point
NOBODY = "0"


def attempt_prefix(job_id: str, fence: str) -> str:
    """How the names of one attempt begin. The dot keeps attempt 1 apart from attempt 10."""
    return f"throughline-{job_id}-{fence}."


def shared_path(label: str) -> Path:
    """Where this attempt may keep a file called `label` in shared memory."""
    job_id, fence = os.environ.get("JOB_ID", f"pid{os.getpid()}"), os.environ.get("FENCE", NOBODY)
    return FOLDER / f"{attempt_prefix(job_id, fence)}{label}"


def remove_shared(job_id: str, fence: str) -> None:
    """Remove whatever that attempt left in shared memory."""
    for path in FOLDER.glob(f"{attempt_prefix(job_id, fence)}*"):
        path.unlink(missing_ok=True)
