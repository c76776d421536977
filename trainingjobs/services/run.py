"""Run one job from claim to end: what a worker's slot does."""

from uuid import UUID

from engine.recipe import RecipeError
from trainingjobs.models import JobState
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.loop import Supervision


def run_one(job_id: UUID | None = None) -> bool:
    """Claim that job, or the one that waited longest, and see it through; False when there was nothing to claim."""
    if shutdown.requested():  # the sweep will hint at it again
        return False
    claim = claim_job(job_id)
    if claim is None:
        return False
    try:
        supervision = Supervision(claim)
    except RecipeError as error:  # the recipe was there when the job was submitted, and is not any more
        ending = Ending(JobState.FAILED, error_code=error.code, error_message=error.message, error_mend=error.mend)
        finish_job(claim=claim, ending=ending, exit_code=None)
    else:
        supervision.run()
    return True
