"""Where the files of a job live: JOBS_DIR/<job id>/attempt-<fence>/."""

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def job_folder(job_id: UUID) -> Path:
    return Path(settings.JOBS_DIR) / str(job_id)


def attempt_folder(job_id: UUID, fence: int) -> Path:
    return job_folder(job_id) / f"attempt-{fence}"


def demand_disk_room() -> None:
    """Refuse to begin work that would fill the disk: a full disk harms everybody's jobs and the database too."""
    folder = Path(settings.JOBS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < settings.MIN_FREE_DISK_MB:
        raise ValidationError(
            _(
                "Only %(free)s MB are free on the disk of the jobs folder and %(needed)s MB must stay free. "
                "Remove old job folders or make the disk larger, then submit again."
            ),
            code="disk_full",
            params={"free": free_mb, "needed": settings.MIN_FREE_DISK_MB},
        )
