"""Claim a job: one conditional UPDATE decides which worker owns it, for as long as its lease lasts."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from engine.failpoint import reach
from experiments.services import start_run
from finance.services.rates import Usage
from people.services import record_audit
from trainingjobs.models import Attempt, JobState, TrainingJob
from trainingjobs.querysets import lease_end
from trainingjobs.queue import first_in_line


@dataclass(frozen=True)
class Claim:
    """Ownership of one attempt. `fence` goes with every effect; once the job has a higher one, this claim is stale."""

    job: TrainingJob
    fence: int
    before: Usage  # what earlier attempts used; that of this one comes on top
    claimed_at: datetime
    ran_before_s: float  # the running time of earlier attempts


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def claim_job(job_id: UUID | None = None) -> Claim | None:
    """Claim that job, or the first in line of the queues that are served here; None when nothing waits."""
    candidates = [job_id] if job_id else first_in_line(settings.WORKER_RESOURCES, timezone.now())
    claim = next((claim for candidate in candidates if (claim := _claim(candidate))), None)
    reach("claim.after_commit")
    return claim


@transaction.atomic
def _claim(job_id: UUID) -> Claim | None:
    taken = TrainingJob.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        fence=F("fence") + 1,
        lease_until=lease_end(settings.LEASE_S),
        worker=worker_name(),
        started_at=Coalesce("started_at", Now()),
    )
    if not taken:
        return None
    job = TrainingJob.objects.select_related("project", "rate_card", "parent", "run").get(pk=job_id)
    now = timezone.now()
    ran_before = job.attempts.aggregate(total=Sum(F("ended_at") - F("started_at")))["total"] or timedelta()
    Attempt.objects.create(job=job, fence=job.fence, worker=job.worker, started_at=now)
    if job.run is None:
        job.run = start_run(
            project=job.project,
            name=job.name,
            recipe=job.recipe,
            params=job.params,
            parent=job.parent,
            started_at=job.started_at or timezone.now(),
        )
        job.save(update_fields=["run"])
    record_audit(
        verb="claim_job", subject=job, by=None, detail={"job": job.name, "fence": job.fence, "worker": job.worker}
    )
    reach("claim.before_commit")
    before = Usage(job.cpu_core_seconds, job.gpu_seconds, job.gib_seconds)
    return Claim(job, job.fence, before, claimed_at=now, ran_before_s=ran_before.total_seconds())
