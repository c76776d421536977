"""The verbs on training jobs. Pages, REST, tasks and commands call these and nothing else."""

from people.outbox import deliver as deliver_outbox
from trainingjobs.services.approval import approve_job, decline_job
from trainingjobs.services.bulk import act_on_jobs
from trainingjobs.services.cancel import cancel_job, hold_unfinished
from trainingjobs.services.change import change_job, set_priority
from trainingjobs.services.dry_run import ask_step_timing, time_steps
from trainingjobs.services.pause import pause_job, resume_job
from trainingjobs.services.retry import retry_job
from trainingjobs.services.run import run_one
from trainingjobs.services.submit import submit_job
from trainingjobs.services.sweep import sweep

__all__ = [
    "act_on_jobs",
    "approve_job",
    "ask_step_timing",
    "cancel_job",
    "change_job",
    "decline_job",
    "deliver_outbox",
    "hold_unfinished",
    "pause_job",
    "resume_job",
    "retry_job",
    "run_one",
    "set_priority",
    "submit_job",
    "sweep",
    "time_steps",
]
