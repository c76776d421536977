"""What the page of the queue shows: who works, what runs, who waits in which order and why, and what stands aside."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from people.models import User
from projects.models import Project
from projects.permissions import may_contribute
from trainingjobs.folders import free_disk_mb, has_disk_room
from trainingjobs.meter import meter_of
from trainingjobs.models import JobState, Resource, TrainingJob, Worker
from trainingjobs.permissions import may_prioritise, may_see_workers
from trainingjobs.querysets import TrainingJobQuerySet
from trainingjobs.queue import Line, Place, places, read_line

MOST_ROWS = 50  # of a queue, and of the jobs that stand aside
MOST_SLOTS_DRAWN = 24


@dataclass(frozen=True)
class RunningRow:
    job: TrainingJob
    left_s: float
    done_at: datetime
    stops_at_limit: bool


@dataclass(frozen=True)
class WaitingRow:
    """A job in line; without one it stands for neighbours in line that the reader may not see."""

    job: TrainingJob | None
    first: int
    last: int
    starts_at: datetime | None
    starts_in_s: float | None
    reason: str
    may_give_high: bool = False

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    @property
    def starts_now(self) -> bool:
        return self.starts_in_s is not None and self.starts_in_s < 1


@dataclass(frozen=True)
class QueueSide:
    """One queue with everything on it."""

    resource: Resource
    slots: int
    free: int
    workers: list[Worker]
    running: list[RunningRow]
    hidden_running: int
    rows: list[WaitingRow]
    waiting: int
    more: int

    @property
    def shared_with(self) -> Resource | None:
        """The other queue, where the very same workers serve it too: their slots are not there twice."""
        others = [other for other in Resource if other != self.resource]
        return next((other for other in others if any(worker.serves(other) for worker in self.workers)), None)

    @property
    def busy(self) -> int:
        return len(self.running) + self.hidden_running

    @property
    def drawn_slots(self) -> list[bool]:
        """One mark a slot, busy ones first; none when there are too many to count by eye."""
        if self.slots > MOST_SLOTS_DRAWN:
            return []
        return [index < self.slots - self.free for index in range(self.slots)]


@dataclass(frozen=True)
class QueuePage:
    sides: list[QueueSide]
    has_room: bool
    free_mb: int  # on the disk of the jobs folder
    aside: list[TrainingJob]
    more_aside: int
    shows_workers: bool
    may_act: bool


def queue_page(user: User, now: datetime) -> QueuePage:
    """Everything on the page, in a number of queries that does not grow with the queue."""
    workers = list(Worker.objects.alive())
    free = sum(worker.slots for worker in workers) - TrainingJob.objects.filter(state=JobState.RUNNING).count()
    seen = None if user.sees_everything else set(Project.objects.visible_to(user).values_list("pk", flat=True))
    mine = TrainingJob.objects.visible_to(user).select_related("project", "submitted_by")
    aside = mine.filter(state__in=[JobState.AWAITING, JobState.PAUSED]).order_by("submitted_at", "pk")
    shown_aside = list(aside[: MOST_ROWS + 1])
    return QueuePage(
        sides=[_side(user, mine, resource, workers, free, seen, now) for resource in Resource],
        has_room=has_disk_room(),
        free_mb=free_disk_mb(),
        aside=shown_aside[:MOST_ROWS],
        more_aside=aside.count() - MOST_ROWS if len(shown_aside) > MOST_ROWS else 0,
        shows_workers=may_see_workers(user),
        may_act=may_contribute(user),
    )


def _side(
    user: User,
    mine: TrainingJobQuerySet,
    resource: Resource,
    workers: Iterable[Worker],
    free: int,
    seen: set[int] | None,
    now: datetime,
) -> QueueSide:
    line = read_line(resource, now)
    serving = [worker for worker in workers if worker.serves(resource)]
    running = list(
        mine.filter(resource=resource, state=JobState.RUNNING).order_by("started_at", "pk").with_running_time(now)
    )
    groups = list(_groups(line, now, seen))
    shown = groups[:MOST_ROWS]
    wanted = [pk for pk, _first, _last, _place in shown if pk]
    jobs = {job.pk: job for job in mine.filter(pk__in=wanted)}
    return QueueSide(
        resource=resource,
        slots=line.slots,
        free=max(0, min(free, line.slots - len(line.running))),  # a worker may serve both queues with the same slots
        workers=serving,
        running=[_running(job, now) for job in running],
        hidden_running=max(0, len(line.running) - len(running)),
        rows=[
            _waiting(user, jobs.get(pk) if pk else None, first, last, place, now) for pk, first, last, place in shown
        ],
        waiting=len(line.waiting),
        more=len(line.waiting) - (shown[-1][2] if shown else 0),
    )


def _groups(line: Line, now: datetime, seen: set[int] | None) -> Iterator[tuple[UUID | None, int, int, Place]]:
    """The line in order; neighbours that the reader may not see are one group."""
    projects = {job.pk: job.project_id for job in line.waiting}
    order = sorted(places(line, now).items(), key=lambda pair: pair[1].ahead)

    def group_of(pair: tuple[UUID | None, Place]) -> Any:
        return pair[0] if seen is None or projects[pair[0]] in seen else None

    for pk, members in groupby(order, key=group_of):
        found = [place for _pk, place in members]
        yield pk, found[0].place, found[-1].place, found[0]


def _running(job: Any, now: datetime) -> RunningRow:
    meter = meter_of(job, now, job.ran.total_seconds() if job.ran else None)
    return RunningRow(job, meter.left_s or 0.0, meter.done_at or now, meter.stops_at_limit)


def _waiting(user: User, job: TrainingJob | None, first: int, last: int, place: Place, now: datetime) -> WaitingRow:
    return WaitingRow(
        job=job,
        first=first,
        last=last,
        starts_at=None if place.starts_in_s is None else now + timedelta(seconds=place.starts_in_s),
        starts_in_s=place.starts_in_s,
        reason=place.reason,
        may_give_high=job is not None and may_prioritise(user, job.project),
    )
