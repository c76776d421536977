"""The meter of a job: how far it is, when it will be done, what it costs and where that ends. Derived from one row."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.recipes import RECIPES
from trainingjobs.models import JobState, TrainingJob

TICKS = 20  # numbers under the bar at most
TICK_DIGITS = 40  # in all, lest they run into each other
TICK_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 10**9)
TRUSTED_SHARE = 0.3  # from here on the pace of the run alone tells its end; until then start-up time weighs too much
PACE_SPREAD = (0.9, 1.2)  # of what is left, by the run's own pace: the end (tests, export) takes longer than a step


@dataclass(frozen=True)
class Tick:
    """A mark under the bar: its word, how many epochs wide, and whether the run has passed it."""

    word: str
    width: int
    is_done: bool


@dataclass(frozen=True)
class Meter:
    """Progress, time, money and energy, each with where it will end; the ends are None once the job has ended."""

    percent: int
    epoch: int
    epochs: int
    step: int
    steps: int
    ticks: tuple[Tick, ...]
    elapsed_s: float
    left_s: float | None
    left_low_s: float | None  # P10 and P90 of what is left
    left_high_s: float | None
    done_at: datetime | None
    stops_at_limit: bool  # its time limit ends it before its work is done
    cost_micro: int
    end_micro: int | None
    low_micro: int
    high_micro: int
    standing: str  # inside, below or above the price tag
    energy_wh: float
    end_energy_wh: float | None
    cores_used: float | None
    gib_used: float | None
    cores: int
    memory_gib: float
    steps_per_s: float | None

    @property
    def core_share(self) -> float | None:
        return min(1.0, self.cores_used / self.cores) if self.cores_used is not None else None

    @property
    def core_percent(self) -> float:
        return round(100 * (self.core_share or 0.0), 1)

    @property
    def memory_percent(self) -> float:
        return round(min(100.0, 100 * (self.gib_used or 0.0) / self.memory_gib), 1)

    @property
    def watts(self) -> float | None:
        """Mean power, as the rate card reckons it from processor time."""
        return self.energy_wh * 3600 / self.elapsed_s if self.energy_wh and self.elapsed_s > 1 else None


def meter_of(job: TrainingJob, now: datetime, ran_s: float | None = None) -> Meter:
    """Read the meter at a time. A running job is carried on at its own pace, at first by the forecast.

    `ran_s` is the running time of all its attempts; without it the job counts as running since it started.
    """
    elapsed = _elapsed(job, now) if ran_s is None else ran_s
    done, running, recipe = job.share_done, job.state == JobState.RUNNING, RECIPES.get(job.recipe)
    left, spread = seconds_left(job, now, ran_s) if running else None, spread_left(job)
    allowed = seconds_allowed(job, elapsed)
    growth = (elapsed + left) / elapsed if left is not None and elapsed > 0 else None
    end_micro = (
        round(job.cost_micro * growth) if growth and job.cost_micro else job.forecast_micro_mid if running else None
    )
    return Meter(
        percent=100 if job.state == JobState.SUCCEEDED else round(done * 100),
        epoch=_epoch_shown(job),
        epochs=job.epochs,
        step=job.step,
        steps=job.steps,
        ticks=_ticks(job),
        elapsed_s=elapsed,
        left_s=left,
        left_low_s=min(left * spread[0], allowed) if left is not None else None,
        left_high_s=min(left * spread[1], allowed) if left is not None else None,
        done_at=now + timedelta(seconds=left) if left is not None else job.finished_at,
        stops_at_limit=left is not None and left >= allowed,
        cost_micro=job.cost_micro,
        end_micro=end_micro,
        low_micro=job.forecast_micro_low,
        high_micro=job.forecast_micro_high,
        standing=_standing(job, job.cost_micro if end_micro is None else end_micro),
        energy_wh=job.energy_wh,
        end_energy_wh=job.energy_wh * growth if growth and job.energy_wh else None,
        cores_used=job.cpu_core_seconds / elapsed if elapsed > 1 and job.cpu_core_seconds else None,
        gib_used=job.gib_seconds / elapsed if elapsed > 1 and job.gib_seconds else None,
        cores=recipe.cores if recipe else 1,
        memory_gib=recipe.memory_gib if recipe else 1.0,
        steps_per_s=job.step / elapsed if elapsed > 1 and job.step else None,
    )


def _elapsed(job: TrainingJob, now: datetime) -> float:
    return ((job.finished_at or now) - job.started_at).total_seconds() if job.started_at else 0.0


def seconds_left(job: TrainingJob, now: datetime, ran_s: float | None = None) -> float:
    """What a job still needs: all of its forecast before it has started, more than nothing until it has ended, and
    no more than its time limit leaves."""
    elapsed = _elapsed(job, now) if ran_s is None else ran_s
    return min(_needed(job, elapsed), seconds_allowed(job, elapsed))


def seconds_allowed(job: TrainingJob, elapsed: float) -> float:
    """What is left of its time limit, more than nothing until it has ended."""
    return math.inf if job.time_limit_s is None else max(1.0, job.time_limit_s - elapsed)


def _needed(job: TrainingJob, elapsed: float) -> float:
    done = job.share_done
    by_forecast = max(1.0, job.forecast_seconds_mid - elapsed)
    if not done:
        return by_forecast
    trust = min(1.0, done / TRUSTED_SHARE)
    return trust * elapsed * (1 - done) / done + (1 - trust) * by_forecast


def spread_left(job: TrainingJob) -> tuple[float, float]:
    """P10 and P90 of what is left, as shares of its middle: at first those of the forecast, then those of a pace."""
    trust, mid = min(1.0, job.share_done / TRUSTED_SHARE), job.forecast_seconds_mid or 1.0
    low, high = job.forecast_seconds_low / mid, job.forecast_seconds_high / mid
    return min(1.0, low + trust * (PACE_SPREAD[0] - low)), max(1.0, high + trust * (PACE_SPREAD[1] - high))


def _standing(job: TrainingJob, end_micro: int) -> str:
    if end_micro < job.forecast_micro_low:
        return "below"
    return "above" if end_micro > job.forecast_micro_high else "inside"


def _epoch_shown(job: TrainingJob) -> int:
    """The epoch that is being worked on, counted from one."""
    return min(job.epochs, int(job.epoch) + 1) if job.state == JobState.RUNNING else round(job.epoch)


def _ticks(job: TrainingJob) -> tuple[Tick, ...]:
    """Marks under the bar: every epoch, or every so many when there are more than fit."""
    if job.epochs < 2:
        return ()
    most = min(TICKS, TICK_DIGITS // len(str(job.epochs)))
    every = next(size for size in TICK_STEPS if job.epochs / size <= most)
    marks = [Tick(str(mark), every, mark <= job.epoch) for mark in range(every, job.epochs + 1, every)]
    rest = job.epochs % every
    return (*marks, Tick("", rest, False)) if rest else tuple(marks)
