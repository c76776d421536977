"""What a reader may do with a job as it is now: the buttons of its page."""

from dataclasses import dataclass

from engine.recipes import RECIPES
from people.models import AuditEntry, User
from projects.permissions import may_contribute
from trainingjobs.models import JobState, PauseReason, TrainingJob
from trainingjobs.permissions import changed_by, may_decide, may_prioritise
from trainingjobs.services.pause import minor_needed
from trainingjobs.services.submit import is_over_threshold

WAITING = frozenset({JobState.AWAITING, JobState.QUEUED, JobState.PAUSED})


@dataclass(frozen=True)
class NewMoney:
    """What going on with a paused job reserves beyond what it holds, and whether its line has that."""

    needed_minor: int
    more_minor: int
    available_minor: int
    is_allowed: bool
    needs_approval: bool

    @property
    def short_minor(self) -> int:
        return self.more_minor - self.available_minor


@dataclass(frozen=True)
class Acts:
    """One flag a button."""

    can_pause: bool
    can_resume: bool
    can_retry: bool
    can_change: bool
    can_prioritise: bool
    may_give_high: bool
    may_decide: bool
    is_own: bool  # a manager who submitted it himself
    is_changed: bool  # a manager who gave it other settings himself


def acts_of(job: TrainingJob, user: User) -> Acts:
    """The acts that a job's state and the reader's role allow."""
    state, may = job.status, may_contribute(user)
    may_run, stopping = may and job.recipe in RECIPES, bool(job.cancel_requested_at)
    is_own, decides = user.pk == job.submitted_by_id, may_decide(user) and not state.is_terminal
    is_changed = decides and not is_own and bool(changed_by(user, [job]))
    return Acts(
        can_pause=may
        and not stopping
        and (state == JobState.QUEUED or (state == JobState.RUNNING and not job.pause_requested_at)),
        can_resume=may and (state == JobState.PAUSED or (state == JobState.RUNNING and bool(job.pause_requested_at))),
        can_retry=may_run and state in {JobState.FAILED, JobState.CANCELLED},
        can_change=may_run and is_changeable(job),
        can_prioritise=may and state in WAITING,
        may_give_high=may_prioritise(user, job.project),
        may_decide=decides and not is_own and not is_changed,
        is_own=decides and is_own,
        is_changed=is_changed,
    )


def is_changeable(job: TrainingJob) -> bool:
    """A job keeps its settings once a worker has taken it."""
    return not job.fence and job.status in WAITING


def paused_by(job: TrainingJob) -> User | None:
    """Who asked for the pause; nobody where its money or its time ran out."""
    if job.state != JobState.PAUSED or job.pause_reason == PauseReason.BUDGET:
        return None
    asked = AuditEntry.objects.filter(subject_type=job._meta.label_lower, subject_id=str(job.pk), verb="pause_job")
    entry = asked.select_related("actor").first()
    return entry.actor if entry else None


def new_money(job: TrainingJob) -> NewMoney | None:
    """What a paused job needs to go on; None for any other."""
    if job.state != JobState.PAUSED:
        return None
    needed, line = minor_needed(job), job.reservation.line
    more = max(0, needed - job.reservation.amount_minor)
    return NewMoney(
        needed_minor=needed,
        more_minor=more,
        available_minor=line.available_minor,
        is_allowed=not more or line.allows(more),
        needs_approval=bool(more) and is_over_threshold(job.project, needed),
    )
