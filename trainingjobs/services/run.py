"""Run one job from claim to end: what a worker's slot does."""

from uuid import UUID

from trainingjobs.services.claim import claim_job
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.loop import Supervision


def run_one(job_id: UUID | None = None) -> bool:
    """Claim that job, or the one that waited longest, and see it through; False when there was nothing to claim."""
    if shutdown.requested():  # the sweep will hint at it again
        return False
    claim = claim_job(job_id)
    if claim is None:
        return False
    Supervision(claim).run()
    return True
