"""The inbox of approvals: what waits for a decision, with what it takes to decide, and what was decided lately."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from people.models import Notice, User
from trainingjobs.models import Approval, JobState, TrainingJob
from trainingjobs.permissions import changed_by, may_decide
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.services.approval import digest_of
from trainingjobs.twins import dataset_of, reads_the_same

MOST_WAITING = 50
MOST_DECIDED = 50
MOST_LOOKED_AT = 500  # jobs that may have done the same work
LOOK_BACK = timedelta(days=30)
RELATED = ("project", "submitted_by", "rate_card", "reservation__line__budget", "parent__run__dataset")


@dataclass(frozen=True)
class Request:
    """One job whose price waits for a decision. `digest` is what the reader saw: a change in between voids it."""

    job: TrainingJob
    asked_at: datetime
    finished_before: int
    twin: int | None  # the number of a job of the project that did, does or will do the same work on the same data
    may_decide: bool
    is_own: bool
    is_changed: bool  # by the reader
    digest: str
    error: str = ""
    typed: str = ""

    @property
    def currency(self) -> str:
        return str(self.job.rate_card.currency)

    @property
    def left_minor(self) -> int:
        """What the line still has once this job has used all of its reservation, which it already holds."""
        return int(self.job.reservation.line.available_minor)


@dataclass(frozen=True)
class Inbox:
    requests: list[Request]
    more: int
    decided: list[Approval]
    decides: bool


def inbox_of(
    user: User, now: datetime, *, at_fault: TrainingJob | None = None, error: str = "", typed: str = ""
) -> Inbox:
    """What a manager has to decide, and what anybody else waits for; the longest wait first."""
    waiting = _asked(user).filter(state=JobState.AWAITING).order_by("submitted_at", "pk")
    jobs = list(waiting.select_related(*RELATED)[: MOST_WAITING + 1])
    more = waiting.count() - MOST_WAITING if len(jobs) > MOST_WAITING else 0
    jobs = jobs[:MOST_WAITING]
    asked, known, twins = _asked_at(jobs), _finished(jobs), _twins(jobs)
    decides, changed = may_decide(user), changed_by(user, jobs)
    requests = [
        Request(
            job=job,
            asked_at=asked.get(str(job.pk), job.submitted_at),
            finished_before=known[job.recipe],
            twin=_twin(job, twins[_work(job)]),
            may_decide=decides and user.pk != job.submitted_by_id and job.pk not in changed,
            is_own=user.pk == job.submitted_by_id,
            is_changed=job.pk in changed,
            digest=digest_of(job),
            error=error if at_fault and at_fault.pk == job.pk else "",
            typed=typed if at_fault and at_fault.pk == job.pk else "",
        )
        for job in jobs
    ]
    decided = Approval.objects.filter(at__gte=now - LOOK_BACK, job__in=_asked(user)).select_related(
        "by", "job__project", "job__submitted_by", "job__rate_card"
    )
    return Inbox(
        requests=sorted(requests, key=lambda request: request.asked_at),
        more=more,
        decided=list(decided.order_by("-at", "-pk")[:MOST_DECIDED]),
        decides=decides,
    )


def _asked(user: User) -> TrainingJobQuerySet:
    jobs = TrainingJob.objects.visible_to(user)
    return jobs if may_decide(user) else jobs.filter(submitted_by=user)


def _asked_at(jobs: Sequence[TrainingJob]) -> dict[str, datetime]:
    """When managers were last asked: a change or a pause asks again."""
    asked = Notice.objects.filter(
        kind=Notice.Kind.APPROVAL_ASKED,
        subject_type="trainingjobs.trainingjob",
        subject_id__in=[job.pk for job in jobs],
    )
    return dict(asked.order_by().values_list("subject_id").annotate(Max("at")))


def _finished(jobs: Sequence[TrainingJob]) -> Counter[str]:
    """How many jobs of each recipe the forecasts could learn from."""
    finished = TrainingJob.objects.filter(recipe__in={job.recipe for job in jobs}, state=JobState.SUCCEEDED)
    return Counter(dict(finished.order_by().values_list("recipe").annotate(Count("pk"))))


def _twin(job: TrainingJob, others: Sequence[TrainingJob]) -> int | None:
    """The newest of the others that read what the data are now."""
    dataset = dataset_of(job.params.get("dataset", ""), job.parent)
    return next((other.number for other in others if reads_the_same(other, dataset)), None)


def _twins(jobs: Sequence[TrainingJob]) -> dict[tuple[object, ...], list[TrainingJob]]:
    """Jobs with the same recipe, settings and parent that ended well, run or wait their turn, newest first."""
    others = (
        TrainingJob.objects.filter(
            project__in={job.project_id for job in jobs}, recipe__in={job.recipe for job in jobs}
        )
        .exclude(state__in=[JobState.FAILED, JobState.CANCELLED, JobState.AWAITING])
        .select_related("run__dataset")
        .only("project_id", "recipe", "params", "parent_id", "number", "run__dataset__digest")
        .order_by("-submitted_at", "-pk")[:MOST_LOOKED_AT]
    )
    found = defaultdict(list)
    for job in others:
        found[_work(job)].append(job)
    return found


def _work(job: TrainingJob) -> tuple[object, ...]:
    return job.project_id, job.recipe, job.parent_id, json.dumps(job.params, sort_keys=True)
