"""Where the files of a job live: JOBS_DIR/<job id>/attempt-<fence>/."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from engine.durable import partial
from engine.shared_memory import remove_shared

CHECKPOINTS, RESUME, SCRATCH, TEMPORARY = "checkpoints", "resume", "scratch", "publishing"
KEPT = 2  # the newest checkpoint, and the one before in case that is damaged


def job_folder(job_id: UUID) -> Path:
    return Path(settings.JOBS_DIR) / str(job_id)


def attempt_folder(job_id: UUID, fence: int) -> Path:
    return job_folder(job_id) / f"attempt-{fence}"


def gather_checkpoints(job_id: UUID, fence: int) -> Path | None:
    """A folder with the newest checkpoints of all earlier attempts, for a new one to resume from; None without any.

    They are linked, not copied, so their writers may drop theirs. What a killed attempt wrote last counts as well,
    also when nobody heard of it any more.
    """
    newest = {}
    for earlier in range(1, fence):
        for checkpoint in (attempt_folder(job_id, earlier) / CHECKPOINTS).glob("step-*"):
            newest[checkpoint.name] = checkpoint
    if not newest:
        return None
    resume = attempt_folder(job_id, fence) / RESUME
    for name in sorted(newest)[-KEPT:]:
        with contextlib.suppress(FileNotFoundError):  # its writer, not dead yet, has just dropped it
            shutil.copytree(newest[name], resume / name, copy_function=os.link)
    return resume


def dry_runs_folder() -> Path:
    """A folder for each dry run, named by it."""
    return Path(settings.JOBS_DIR) / "dry-runs"


def clear_job_folder(job_id: UUID) -> None:
    """After the end of a job: what was only needed to go on, in its folder and in shared memory."""
    for attempt in job_folder(job_id).glob("attempt-*"):
        unfinished = attempt.glob(partial(attempt / "*").name)
        for folder in (attempt / CHECKPOINTS, attempt / RESUME, attempt / SCRATCH, *unfinished):
            shutil.rmtree(folder, ignore_errors=True)
        remove_shared(str(job_id), attempt.name.removeprefix("attempt-"))


@contextlib.contextmanager
def temporary_files_of(job_id: UUID) -> Iterator[None]:
    """Temporary files go into the job's folder meanwhile: what a killed process left there, the next one removes."""
    folder, before = job_folder(job_id) / TEMPORARY, tempfile.tempdir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def demand_disk_room() -> None:
    """Refuse to begin work that would fill the disk: a full disk harms everybody's jobs and the database too."""
    free_mb = free_disk_mb()
    if free_mb < settings.MIN_FREE_DISK_MB:
        raise ValidationError(
            _(
                "Only %(free)s MB are free on the disk of the jobs folder and %(needed)s MB must stay free. "
                "Remove old job folders or make the disk larger, then submit again."
            ),
            code="disk_full",
            params={"free": free_mb, "needed": settings.MIN_FREE_DISK_MB},
        )


def has_disk_room() -> bool:
    return free_disk_mb() >= settings.MIN_FREE_DISK_MB


def free_disk_mb() -> int:
    folder = Path(settings.JOBS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free // 2**20
