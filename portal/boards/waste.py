"""Money that bought nothing, by week: failed, repeated and dominated jobs, each counted once, and idle places for jobs.

Failed: the job ended in failure. Repeated: the same recipe, settings, parent and data had finished before. Dominated:
another configuration of its family (project, recipe, data) is at least as good and at least as cheap, and better in
one of the two; seeds of one configuration are judged together, for they tell its spread. Idle: a worker had a place
for a job and no job was in it, priced as the cores that it holds; `trainingjobs.presence` records it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from engine.recipes import RECIPES
from finance.models import RateCard
from finance.services.rates import Charge, Usage, price
from outcomes.querysets import day_begins, day_ends
from people.models import User
from people.trail import made_since
from portal.boards.then import last_moment
from trainingjobs.models import JobState, SlotHour, TrainingJob, Worker

WEEKS = 12
LOOK_BACK_WEEKS = 26  # how long before the first week a job may have run that makes a later one its repeat
MOST_JOBS = 20_000


class Kind(StrEnum):
    FAILED = "failed"
    REPEATED = "repeated"
    DOMINATED = "dominated"
    IDLE = "idle"  # of no job


@dataclass(frozen=True)
class Spent:
    """One job that has ended: what it was, what came of it and what it cost, in millionths."""

    pk: str
    project: str
    number: int
    recipe: str
    params: str  # canonical JSON
    config: str  # the same without its seed
    parent: str
    data: str
    state: str
    micro: int
    finished_at: datetime
    quality: float | None

    @property
    def name(self) -> str:
        return f"{self.project}-{self.number}"

    @property
    def work(self) -> tuple[str, ...]:
        """Two jobs with the same work give the same model."""
        return (self.project, self.recipe, self.params, self.parent, self.data)

    @property
    def family(self) -> tuple[str, ...]:
        return (self.project, self.recipe, self.data)


@dataclass(frozen=True)
class Wasted:
    """A job whose cost bought nothing, and why."""

    job: Spent
    kind: Kind
    week: date
    better: str = ""  # the job or configuration that makes it so


@dataclass(frozen=True)
class Idle:
    """Slots of workers that are there now."""

    workers: int
    slots: int
    running: int

    @property
    def free(self) -> int:
        return max(0, self.slots - self.running)


@dataclass(frozen=True)
class Free:
    """Slots of one week under one rate card: how long they were there, how long they stood free, and at what price."""

    week: date
    card: RateCard | None  # None where no card of the currency was in force: counted, and not priced
    there_s: float
    free_s: float
    core_s: float  # of the cores that free slots hold

    @property
    def charge(self) -> Charge | None:
        return price(self.card, Usage(cpu_core_seconds=self.core_s)) if self.card else None

    @property
    def micro(self) -> int:
        return self.charge.micro if self.charge else 0


@dataclass(frozen=True)
class WasteFacts:
    weeks: tuple[date, ...]
    wasted: tuple[Wasted, ...]
    spent_micro: int  # by all jobs that ended in these weeks
    idle: Idle | None  # of now alone
    currency: str
    free: tuple[Free, ...] = ()
    on: date | None = None  # the past day that it is as of

    def micro(self, week: date | None = None, kind: Kind | None = None) -> int:
        jobs = [(each.week, each.kind, each.job.micro) for each in self.wasted]
        slots = [(each.week, Kind.IDLE, each.micro) for each in self.free]
        return sum(
            micro
            for its_week, its_kind, micro in jobs + slots
            if (week is None or its_week == week) and (kind is None or its_kind is kind)
        )

    @property
    def jobs_micro(self) -> int:
        """What wasted jobs cost: the part of `spent_micro` that bought nothing."""
        return self.micro() - self.micro(kind=Kind.IDLE)

    @property
    def measured(self) -> frozenset[date]:
        """The weeks in which a worker has vouched for some time; of others it is not known what stood free."""
        return frozenset(each.week for each in self.free)

    @property
    def a_week_micro(self) -> int:
        return self.micro() // len(self.weeks)


def waste_facts(user: User, now: datetime, on: date | None = None) -> WasteFacts:
    """Six questions, however many jobs have run; with a past day, as judged at its end."""
    now = now if on is None else last_moment(on)
    this_week = _monday(timezone.localdate(now))
    weeks = tuple(this_week - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1))
    jobs = _jobs(user, weeks[0] - timedelta(weeks=LOOK_BACK_WEEKS), now)
    wasted = [each for each in judge(jobs) if each.week >= weeks[0]]
    recent = (job for job in jobs if _monday(timezone.localdate(job.finished_at)) >= weeks[0])
    idle = _idle() if on is None else None
    free = _free(weeks[0], now, _cards(now, on))
    return WasteFacts(weeks, tuple(wasted), sum(job.micro for job in recent), idle, settings.CURRENCY, free, on)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _jobs(user: User, since: date, until: datetime) -> list[Spent]:
    ended = (day_begins(since), until)
    rows = (
        TrainingJob.objects.visible_to(user)
        .filter(finished_at__range=ended, rate_card__currency=settings.CURRENCY, recipe__in=list(RECIPES))
        .order_by("-finished_at", "-pk")
        .values_list(
            "pk", "project__key", "number", "recipe", "params", "parent", "run__dataset__digest", "state",
            "cost_micro", "finished_at", "run__metrics",
        )[:MOST_JOBS]
    )  # fmt: skip
    return [_spent(*row) for row in reversed(rows)]


def _spent(
    pk: Any,
    project: str,
    number: int,
    recipe: str,
    params: dict[str, Any],
    parent: Any,
    data: str | None,
    state: str,
    micro: int,
    finished_at: datetime,
    metrics: dict[str, float] | None,
) -> Spent:
    objective = RECIPES[recipe].objective
    value = (metrics or {}).get(objective.metric)
    quality = None if value is None else value if objective.direction == "higher" else -value
    without_seed = {name: each for name, each in params.items() if name != "seed"}
    return Spent(
        str(pk),
        project,
        number,
        recipe,
        json.dumps(params, sort_keys=True),
        json.dumps([without_seed, str(parent or "")], sort_keys=True),
        str(parent or ""),
        data or "",
        state,
        micro,
        finished_at,
        quality,
    )


def judge(jobs: Sequence[Spent]) -> list[Wasted]:
    """The wasted ones of jobs in the order in which they ended: failed first, then repeated, then dominated."""
    dominators = _dominators(jobs)
    done: dict[tuple[str, ...], Spent] = {}
    wasted: list[Wasted] = []
    for job in jobs:
        week = _monday(timezone.localdate(job.finished_at))
        if job.state == JobState.FAILED:
            wasted.append(Wasted(job, Kind.FAILED, week))
        elif job.state == JobState.SUCCEEDED:
            first = done.setdefault(job.work, job)
            if first is not job:
                wasted.append(Wasted(job, Kind.REPEATED, week, first.name))
            elif better := dominators.get((*job.family, job.config)):
                wasted.append(Wasted(job, Kind.DOMINATED, week, better))
    return wasted


def _dominators(jobs: Iterable[Spent]) -> dict[tuple[str, ...], str]:
    """For each dominated configuration the name of a job that beats it; means over the jobs of a configuration."""
    families: dict[tuple[str, ...], dict[str, list[Spent]]] = defaultdict(lambda: defaultdict(list))
    for job in jobs:
        if job.state == JobState.SUCCEEDED and job.quality is not None:
            families[job.family][job.config].append(job)
    beaten: dict[tuple[str, ...], str] = {}
    for family, configs in families.items():
        points = [
            (fmean(job.micro for job in group), -fmean(job.quality or 0 for job in group), config, group[0].name)
            for config, group in configs.items()
        ]
        best: tuple[float, float, str] | None = None  # of all that are no dearer: the best quality, its cost and name
        for cost, minus_quality, config, name in sorted(points):
            if best is not None and best[:2] < (minus_quality, cost):
                beaten[*family, config] = best[2]
            if best is None or minus_quality < best[0]:
                best = (minus_quality, cost, name)
    return beaten


def _idle() -> Idle:
    alive = list(Worker.objects.alive().values_list("slots", flat=True))
    running = TrainingJob.objects.filter(state=JobState.RUNNING).count()
    return Idle(len(alive), sum(alive), running)


def _free(since: date, until: datetime, cards: Sequence[RateCard]) -> tuple[Free, ...]:
    """What was recorded of the hours that had begun by then, each day under the card in force on it."""
    days = (
        SlotHour.objects.filter(hour__range=(day_begins(since), until))
        .annotate(day=TruncDate("hour"))
        .values_list("day")
        .annotate(Sum("there_s"), Sum("free_s"), Sum("free_core_s"))
        .order_by("day")
    )
    sums: dict[tuple[date, RateCard | None], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for day, *seconds in days:
        card = next((card for card in cards if card.valid_from <= day), None)
        priced = card if card and card.currency == settings.CURRENCY else None
        for index, each in enumerate(seconds):
            sums[_monday(day), priced][index] += each
    return tuple(Free(week, card, *seconds) for (week, card), seconds in sums.items())


def _cards(until: datetime, on: date | None) -> list[RateCard]:
    """The rate cards known then: the first of them that is valid on a day is that day's `RateCard.objects.in_force`."""
    cards = RateCard.objects.filter(valid_from__lte=timezone.localdate(until)).order_by("-valid_from", "-version")
    return list(cards.exclude(pk__in=made_since("publish_rate_card", day_ends(on))) if on else cards)
