"""The verbs on training jobs. Pages, REST, tasks and commands call these and nothing else."""

from trainingjobs.services.cancel import cancel_job
from trainingjobs.services.outbox import deliver_outbox
from trainingjobs.services.run import run_one
from trainingjobs.services.submit import submit_job
from trainingjobs.services.sweep import sweep

__all__ = ["cancel_job", "deliver_outbox", "run_one", "submit_job", "sweep"]
