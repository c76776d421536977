"""Forecast against actual: how right the price tags of a recipe were, in duration and in cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean, median
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from trainingjobs.models import JobState, TrainingJob

JUDGED = 200  # of the newest
WORTH_SAYING = 3  # jobs; fewer prove nothing
MOST_TO_BOAST = 0.5  # of the actual, at the median


@dataclass(frozen=True)
class Judged:
    """One finished job: what its price tag said and what it then took."""

    id: UUID
    name: str
    number: int
    project_key: str
    finished_at: datetime
    currency: str
    seconds: float
    seconds_low: float
    seconds_mid: float
    seconds_high: float
    micro: int
    micro_low: int
    micro_mid: int
    micro_high: int

    @property
    def duration_is_inside(self) -> bool:
        return self.seconds_low <= self.seconds <= self.seconds_high

    @property
    def cost_is_inside(self) -> bool:
        return self.micro_low <= self.micro <= self.micro_high


@dataclass(frozen=True)
class Rightness:
    """`ratio` is actual over forecast at the median, `error` the median distance, `inside` the share in P10 to P90."""

    ratio: float
    error: float
    inside: float

    @property
    def is_near(self) -> bool:
        """Whether the error is one to be proud of: beyond it a percentage would only confuse."""
        return self.error <= MOST_TO_BOAST


@dataclass(frozen=True)
class Accuracy:
    """How right the forecasts of a recipe were."""

    recipe: str
    jobs: int
    duration: Rightness
    cost: Rightness


def judged_jobs(recipe: str, jobs: QuerySet[TrainingJob] | None = None) -> list[Judged]:
    """The newest finished jobs of a recipe that ran in one go, newest first.

    A forecast that was cut at the time limit is not judged: a job that ended in time was inside it by construction.
    """
    rows: Iterable[Any] = (
        (TrainingJob.objects.all() if jobs is None else jobs)
        .filter(recipe=recipe, state=JobState.SUCCEEDED, fence=1, started_at__isnull=False)
        .filter(Q(time_limit_s=None) | Q(forecast_seconds_high__lt=F("time_limit_s")))
        .order_by("-finished_at", "-pk")
        .values_list(
            "pk", "number", "project__key", "started_at", "finished_at", "rate_card__currency",
            "forecast_seconds_low", "forecast_seconds_mid", "forecast_seconds_high",
            "cost_micro", "forecast_micro_low", "forecast_micro_mid", "forecast_micro_high",
        )[:JUDGED]
    )  # fmt: skip
    return [
        Judged(pk, f"{key}-{number}", number, key, ended, currency, (ended - began).total_seconds(), *told)
        for pk, number, key, began, ended, currency, *told in rows
        if began and ended and ended > began
    ]


def accuracy_of(recipe: str, judged: Sequence[Judged] | None = None) -> Accuracy | None:
    """How right the forecasts were; None while too few jobs have finished to say."""
    jobs = judged_jobs(recipe) if judged is None else judged
    if len(jobs) < WORTH_SAYING:
        return None
    return Accuracy(
        recipe=recipe,
        jobs=len(jobs),
        duration=_rightness((job.seconds, job.seconds_mid, job.duration_is_inside) for job in jobs),
        cost=_rightness((job.micro, job.micro_mid, job.cost_is_inside) for job in jobs),
    )


def _rightness(told: Iterable[tuple[float, float, bool]]) -> Rightness:
    rows = [(actual / max(forecast, 1e-9), is_inside) for actual, forecast, is_inside in told]
    return Rightness(
        ratio=median(ratio for ratio, _inside in rows),
        error=median(abs(1 / ratio - 1) if ratio > 0 else 1.0 for ratio, _inside in rows),
        inside=mean(is_inside for _ratio, is_inside in rows),
    )
