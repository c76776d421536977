"""One action on many jobs: each is done or refused on its own, and says so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.models import User
from trainingjobs.models import TrainingJob
from trainingjobs.services.cancel import cancel_job
from trainingjobs.services.change import set_priority
from trainingjobs.services.pause import pause_job, resume_job
from trainingjobs.services.retry import retry_job

MOST_JOBS = 200
ACTIONS: dict[str, Callable[..., TrainingJob]] = {
    "cancel": cancel_job,
    "pause": pause_job,
    "resume": resume_job,
    "retry": retry_job,
    "priority_low": partial(set_priority, priority=-1),
    "priority_normal": partial(set_priority, priority=0),
    "priority_high": partial(set_priority, priority=1),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one job: done, or refused with the reason. After a retry `job` is the new one."""

    job: TrainingJob
    ok: bool
    code: str = ""
    message: str = ""


def act_on_jobs(*, action: str, jobs: Iterable[TrainingJob], by: User, submission: UUID | None = None) -> list[Outcome]:
    """Do one action on each job; raises only when the action or the number of jobs is out of range.

    Retrying twice under the same `submission` token leaves one new job for each.
    """
    chosen = list(jobs)
    if action not in ACTIONS:
        raise ValidationError(
            _("There is no such action. The actions are: %(names)s."),
            code="no_such_action",
            params={"names": ", ".join(ACTIONS)},
        )
    if not 1 <= len(chosen) <= MOST_JOBS:
        raise ValidationError(
            _("Choose between 1 and %(most)s jobs."), code="wrong_number_of_jobs", params={"most": MOST_JOBS}
        )
    return [_one(action, job, by, submission) for job in chosen]


def _one(action: str, job: TrainingJob, by: User, submission: UUID | None) -> Outcome:
    token: dict[str, Any] = {}
    if submission and action == "retry":
        token = {"submission": uuid5(submission, str(job.pk))}
    try:
        return Outcome(ACTIONS[action](job=job, by=by, **token), ok=True)
    except ValidationError as refusal:
        code = refusal.code if hasattr(refusal, "code") else "invalid"
        return Outcome(job, ok=False, code=code or "invalid", message=" ".join(refusal.messages))
