"""The queue: who is next, why a job waits, and when it will probably start.

The policy, in this order: what has waited longer than FAIR_AFTER_S counts as high; the higher priority; the project
with the fewest jobs running in that queue; the project whose last start is longest ago; the one that waits longest.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from trainingjobs.folders import has_disk_room
from trainingjobs.meter import seconds_left
from trainingjobs.models import JobState, Priority, Resource, TrainingJob, Worker

WAITING_FIELDS = (
    "pk", "project", "priority", "queued_at", "submitted_at", "forecast_seconds_mid", "step", "steps"
)  # fmt: skip
Lack = Literal["", "worker", "room"]
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST_CANDIDATES = 20
SOON_S = 5.0  # within that a worker that has a slot free looks at the queue
CAUSES = {
    "higher": gettext_lazy("%(count)s of higher priority"),
    "aged": gettext_lazy("%(count)s that waited longest"),
    "own": gettext_lazy("%(count)s of the same project"),
    "turn": gettext_lazy("%(count)s of projects whose turn it is"),
}
ONE_CAUSE = {
    "higher": ngettext_lazy(
        "%(count)s job of higher priority starts before it.",
        "%(count)s jobs of higher priority start before it.",
        "count",
    ),
    "aged": ngettext_lazy(
        "%(count)s job that waited longer starts before it.",
        "%(count)s jobs that waited longer start before it.",
        "count",
    ),
    "own": ngettext_lazy(
        "%(count)s job of the same project starts before it.",
        "%(count)s jobs of the same project start before it.",
        "count",
    ),
    "turn": ngettext_lazy(
        "%(count)s job of a project whose turn it is starts before it.",
        "%(count)s jobs of projects whose turn it is start before it.",
        "count",
    ),
}


@dataclass(frozen=True)
class Waiting:
    """A job in line, with what the policy asks of it. `seconds` is how long it will hold its slot."""

    pk: UUID | None  # None: a job that is not submitted yet
    project_id: int
    priority: int
    since: datetime
    seconds: float

    def rank(self, now: datetime) -> int:
        """Its priority, with the floor: nobody waits behind a higher one for ever."""
        has_aged = (now - self.since).total_seconds() >= settings.FAIR_AFTER_S
        return max(self.priority, Priority.HIGH) if has_aged else self.priority


@dataclass(frozen=True)
class Running:
    """A job that holds a slot."""

    name: str
    project_id: int
    left_s: float


@dataclass(frozen=True)
class Place:
    """Where a job stands: how many start before it, when it will probably start, and why not sooner."""

    ahead: int
    starts_in_s: float | None  # None: nothing starts before somebody mends what `lacks` names
    reason: str
    lacks: Lack = ""

    @property
    def place(self) -> int:
        return self.ahead + 1

    @property
    def is_soon(self) -> bool:
        return self.starts_in_s is not None and self.starts_in_s <= SOON_S


@dataclass
class Line:
    """One queue as it stands now: its slots, what runs, who waits, and how the projects have fared."""

    resource: Resource
    slots: int
    running: list[Running] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    last_start: dict[int, datetime] = field(default_factory=dict)
    has_room: bool = True  # on the disk of the jobs folder; without it no worker claims anything


def first_in_line(resources: Sequence[str], now: datetime) -> list[UUID]:
    """The jobs that a free slot should try to claim, best first."""
    lines = [read_line(Resource(resource), now) for resource in resources]
    heads = [(key, job.pk) for line in lines for key, job in _ordered(line, now)]
    return [pk for _key, pk in heapq.nsmallest(MOST_CANDIDATES, heads, key=lambda head: head[0]) if pk]


def _ordered(line: Line, now: datetime) -> Iterator[tuple[tuple[object, ...], Waiting]]:
    busy = Counter(job.project_id for job in line.running)
    for job in line.waiting:
        yield _key(job, busy, line.last_start, now), job


def _key(
    job: Waiting, busy: Counter[int], last_start: dict[int, datetime], now: datetime
) -> tuple[int, int, datetime, datetime]:
    """The policy as a sort key."""
    return (-job.rank(now), busy[job.project_id], last_start.get(job.project_id, LONG_AGO), job.since)


def read_line(resource: Resource, now: datetime) -> Line:
    """One queue from the database, in four queries however long it is."""
    jobs = TrainingJob.objects.filter(resource=resource)
    running = jobs.filter(state=JobState.RUNNING).select_related("project").with_running_time(now)
    waiting = jobs.filter(state=JobState.QUEUED).order_by()
    projects = waiting.values("project")
    starts = jobs.filter(project__in=projects).order_by().values_list("project").annotate(Max("attempts__started_at"))
    return Line(
        resource=resource,
        slots=sum(worker.slots for worker in Worker.objects.alive() if worker.serves(resource)),
        has_room=has_disk_room(),
        running=[Running(job.name, job.project_id, _left_s(job, now)) for job in running],
        waiting=[_waiting(*told) for told in waiting.values_list(*WAITING_FIELDS)],
        last_start={project: at for project, at in starts if at},
    )


def _left_s(job: Any, now: datetime) -> float:
    return seconds_left(job, now, job.ran.total_seconds() if job.ran else None)


def _waiting(
    pk: UUID, project: int, priority: int, queued_at: datetime | None, submitted_at: datetime, *work: float
) -> Waiting:
    """From the columns alone: thousands of whole rows would take longer than a slot may look for its next job."""
    seconds, step, steps = work
    left = seconds * (1 - min(1.0, step / steps)) if steps else seconds
    return Waiting(pk, project, priority, queued_at or submitted_at, left)


def places(line: Line, now: datetime) -> dict[UUID | None, Place]:
    """The place of every job in line, by playing the policy forward over the slots."""
    lack: Lack = "room" if not line.has_room else "worker" if not line.slots else ""
    if lack:
        reason = no_room() if lack == "room" else no_worker(line.resource)
        ranked = sorted(_ordered(line, now), key=lambda pair: pair[0])
        return {job.pk: Place(ahead, None, reason, lack) for ahead, (_key_, job) in enumerate(ranked)}
    order = list(_play(line, now))
    found: dict[UUID | None, Place] = {}
    for ahead, (job, start_s) in enumerate(order):
        before = [other for other, _start in order[:ahead]] if ahead < MOST_CANDIDATES else None
        found[job.pk] = Place(ahead, start_s, _reason(line, job, ahead, before, start_s, now))
    return found


def _play(line: Line, now: datetime) -> Iterator[tuple[Waiting, float]]:
    """Which job starts when, in seconds from now, while nothing new is submitted."""
    ranks: dict[int, dict[int, deque[Waiting]]] = defaultdict(lambda: defaultdict(deque))
    for job in sorted(line.waiting, key=lambda job: job.since):
        ranks[job.rank(now)][job.project_id].append(job)
    busy = Counter(job.project_id for job in line.running)
    ends: list[tuple[float, int]] = [(job.left_s, job.project_id) for job in line.running]
    ends += [(0.0, 0)] * (line.slots - len(line.running))
    heapq.heapify(ends)
    last_start = dict(line.last_start)
    while ranks:
        heads = ranks[highest := max(ranks)]
        free_s, project = heapq.heappop(ends)
        while len(ends) >= line.slots:  # more runs than there are slots: those of a worker that has gone
            busy[project] -= 1
            free_s, project = heapq.heappop(ends)
        busy[project] -= 1 if project else 0
        first = min(heads, key=lambda each: (busy[each], last_start.get(each, LONG_AGO), heads[each][0].since))
        job = heads[first].popleft()
        if not heads[first]:
            del heads[first]
        if not heads:
            del ranks[highest]
        yield job, free_s
        busy[job.project_id] += 1
        last_start[job.project_id] = now + timedelta(seconds=free_s)
        heapq.heappush(ends, (free_s + job.seconds, job.project_id))


def _reason(line: Line, job: Waiting, ahead: int, before: list[Waiting] | None, start_s: float, now: datetime) -> str:
    """Why it does not run yet, in one sentence."""
    if start_s <= 0 and ahead < line.slots:
        return _("A slot is free: it starts within seconds.")
    if not ahead:
        first = min(line.running, key=lambda running: running.left_s, default=None)
        named = first and first.project_id == job.project_id and first.name  # jobs of other teams stay unnamed
        return _("Next in line: it starts when %(job)s ends.") % {"job": named or _("a job")}
    if before is None:
        return ngettext("%(count)s job starts before it.", "%(count)s jobs start before it.", ahead) % {"count": ahead}
    counts = _causes(job, before, now)
    if len(counts) == 1:
        (cause,) = counts
        return str(ONE_CAUSE[cause] % {"count": ahead})
    causes = ", ".join(str(CAUSES[cause] % {"count": counts[cause]}) for cause in CAUSES if counts[cause])
    return _("%(count)s jobs start before it: %(causes)s.") % {"count": ahead, "causes": causes}


def _causes(job: Waiting, before: Iterable[Waiting], now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    for other in before:
        if other.rank(now) > job.rank(now):
            counts["aged" if other.priority < other.rank(now) else "higher"] += 1
        else:
            counts["own" if other.project_id == job.project_id else "turn"] += 1
    return counts


def no_worker(resource: Resource) -> str:
    if resource == Resource.GPU:
        return _("No worker serves the GPU queue now. Start one with WORKER_RESOURCES=gpu on a machine with a GPU.")
    return _("No worker serves the %(queue)s queue now. Start one with WORKER_RESOURCES=%(resource)s.") % {
        "queue": resource.label,
        "resource": resource.value,
    }


def no_room() -> str:
    return _("The disk of the jobs folder is too full: nothing starts until %(needed)s MB are free.") % {
        "needed": settings.MIN_FREE_DISK_MB
    }


def place_of_new(
    resource: Resource,
    project_id: int,
    seconds: float,
    now: datetime,
    *,
    priority: int = Priority.NORMAL,
    instead_of: UUID | None = None,
) -> Place:
    """Where a job would stand if it were submitted now, or changed now when it stands `instead_of` a waiting one."""
    line = read_line(resource, now)
    line.waiting = [job for job in line.waiting if instead_of is None or job.pk != instead_of]
    line.waiting.append(Waiting(None, project_id, priority, now, seconds))
    return places(line, now)[None]


def place_of(job: TrainingJob, now: datetime) -> Place | None:
    """Why a queued job waits; None once it no longer does."""
    if job.state != JobState.QUEUED:
        return None
    return places(read_line(Resource(job.resource), now), now).get(job.pk)
