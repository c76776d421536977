"""How long a job will take and what it will cost, learned from the jobs that ran before it."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.recipe import Recipe
from experiments.models import ModelVersion
from finance.models import RateCard
from finance.services.rates import Usage, price
from trainingjobs.dry_run import DryRun, dry_run_of
from trainingjobs.forecast_fit import BELIEF, Features, Fit, Sample, Spread, paces_of, spread_of
from trainingjobs.forecast_history import Finished, features_of, finished_jobs, starts_cold

PRIOR_SPREAD = Spread(0.6, 1.0, 1.8)  # actual / forecast while nothing is known but what the recipe says of itself
DRY_RUN_SPREAD, DRY_RUN_BELIEF = Spread(0.7, 1.0, 1.7), 3.0  # a dry run counts for so many finished jobs
ENOUGH = 3  # finished jobs: from how many on the range is theirs
Basis = Literal["history", "dry_run", "recipe"]


@dataclass(frozen=True)
class Forecast:
    """Duration, cost and energy: P10, median, P90, none beyond what the time limit lets the job run.

    `history` says from how many finished jobs it was learned, `needed_s` the P90 of the duration without the limit.
    """

    seconds_low: float
    seconds_mid: float
    seconds_high: float
    micro_low: int
    micro_mid: int
    micro_high: int
    energy_wh_mid: float
    history: int
    usage: Usage  # that the middle cost is the price of
    basis: Basis
    needed_s: float

    def cut_at(self, limit_s: float, card: RateCard) -> "Forecast":
        """The same job stopped at its time limit, spending until then at the pace of the middle or, for the upper
        price, at the dearest pace of the three."""
        share = min(1.0, limit_s / self.seconds_mid)
        usage = Usage(
            self.usage.cpu_core_seconds * share, self.usage.gpu_seconds * share, self.usage.gib_seconds * share
        )
        charge = price(card, usage)
        dearest = max(
            self.micro_low / self.seconds_low, self.micro_mid / self.seconds_mid, self.micro_high / self.seconds_high
        )
        return replace(
            self,
            seconds_low=min(self.seconds_low, limit_s),
            seconds_mid=min(self.seconds_mid, limit_s),
            seconds_high=min(self.seconds_high, limit_s),
            micro_low=min(self.micro_low, charge.micro),
            micro_mid=charge.micro,
            micro_high=max(charge.micro, min(self.micro_high, math.ceil(dearest * limit_s))),
            energy_wh_mid=charge.energy_wh,
            usage=usage,
        )


def forecast_job(
    *,
    recipe: Recipe,
    params: Any,
    card: RateCard,
    parent: ModelVersion | None = None,
    time_limit_s: float | None = None,
) -> Forecast:
    """Forecast a job from the finished jobs of its recipe; while they are few, a dry run or the recipe's own prior
    has its say, and less of it with every job that finishes. A time limit cuts what goes beyond it."""
    history = finished_jobs(recipe)
    dry_run = dry_run_of(recipe, params, parent) if len(history) < ENOUGH else None
    features, seconds = features_of(recipe, params, is_cold=starts_cold(history)), _Seconds(history)
    belief = dry_run.seconds if dry_run else seconds.fit.level() * max(recipe.forecast_seconds(params), 1e-3)
    trust, believed = (DRY_RUN_BELIEF, DRY_RUN_SPREAD) if dry_run else (BELIEF, PRIOR_SPREAD)
    reach = _reach(features, history)

    predicted = seconds.fit.predict(features, belief, believe=trust) * seconds.pace
    duration = spread_of(seconds.residuals, believed, reach)
    usage = _Usage(recipe, history, seconds)
    raw = usage.predict(features, predicted, dry_run, trust)
    cost = spread_of(usage.residuals(card), believed, reach)
    middle = Usage(raw.cpu_core_seconds * cost.mid, raw.gpu_seconds * cost.mid, raw.gib_seconds * cost.mid)
    charge = price(card, middle)
    forecast = Forecast(
        seconds_low=predicted * duration.low,
        seconds_mid=predicted * duration.mid,
        seconds_high=predicted * duration.high,
        micro_low=math.floor(charge.micro * cost.low / cost.mid),
        micro_mid=charge.micro,
        micro_high=math.ceil(charge.micro * cost.high / cost.mid),
        energy_wh_mid=charge.energy_wh,
        history=len(history),
        usage=middle,
        basis="history" if len(history) >= ENOUGH else "dry_run" if dry_run else "recipe",
        needed_s=predicted * duration.high,
    )
    return forecast if time_limit_s is None else forecast.cut_at(time_limit_s, card)


def usage_of(recipe: Recipe, seconds: float) -> Usage:
    """What a recipe uses when it holds its declared cores, GPUs and memory for that long."""
    return Usage(
        cpu_core_seconds=seconds * recipe.cores,
        gpu_seconds=seconds * recipe.gpus,
        gib_seconds=seconds * recipe.memory_gib,
    )


class _Seconds:
    """The duration, and how far each finished job was from what the others say of it.

    Each is forecast as it would have been: at the start that is usual and at the pace of the jobs before it.
    """

    def __init__(self, history: list[Finished]) -> None:
        self.fit = Fit([Sample(job.features, job.prior_s, job.seconds) for job in history])
        usual = starts_cold(history)
        self.features = [(*job.features[:-1], float(usual)) for job in history]
        self.left_out = [
            self.fit.predict(self.features[index], self.fit.level(skip=index) * job.prior_s, skip=index)
            for index, job in enumerate(history)
        ]
        off = [math.log(job.seconds / said) for job, said in zip(history, self.left_out, strict=True)]
        now, *before = paces_of(off, [job.is_cold == usual for job in history])
        self.pace = math.exp(now)
        self.residuals = [each - pace for each, pace in zip(off, before, strict=True)]


class _Usage:
    """Core-seconds and GiB-seconds. A job is believed to hold what its recipe declares until others show more."""

    def __init__(self, recipe: Recipe, history: list[Finished], seconds: _Seconds) -> None:
        self.recipe, self.seconds = recipe, seconds
        self.history = [(index, job) for index, job in enumerate(history) if job.cpu_core_seconds > 0 < job.gib_seconds]
        self.cpu = Fit(
            [Sample(job.features, job.seconds * recipe.cores, job.cpu_core_seconds) for _i, job in self.history]
        )
        self.gib = Fit(
            [Sample(job.features, job.seconds * recipe.memory_gib, job.gib_seconds) for _i, job in self.history]
        )

    def predict(self, features: Features, seconds: float, dry_run: DryRun | None, trust: float) -> Usage:
        """The usage of a job that is expected to take that long."""
        cores = dry_run.cores if dry_run else self.recipe.cores * self.cpu.level()
        gib = dry_run.gib if dry_run else self.recipe.memory_gib * self.gib.level()
        return Usage(
            self.cpu.predict(features, seconds * cores, believe=trust),
            seconds * self.recipe.gpus,
            self.gib.predict(features, seconds * gib, believe=trust),
        )

    def residuals(self, card: RateCard) -> list[float]:
        """log(actual / forecast) of the cost at today's prices, each job forecast from the others."""
        found = []
        for index, (place, job) in enumerate(self.history):
            said = self._left_out(index, self.seconds.features[place], self.seconds.left_out[place])
            expected = cost_of(card, said)
            actual = cost_of(card, Usage(job.cpu_core_seconds, job.seconds * self.recipe.gpus, job.gib_seconds))
            if expected > 0 < actual:
                found.append(math.log(actual / expected))
        return found if self.history else list(self.seconds.residuals)

    def _left_out(self, index: int, features: Features, seconds: float) -> Usage:
        cores = self.recipe.cores * self.cpu.level(skip=index)
        gib = self.recipe.memory_gib * self.gib.level(skip=index)
        return Usage(
            self.cpu.predict(features, seconds * cores, skip=index),
            seconds * self.recipe.gpus,
            self.gib.predict(features, seconds * gib, skip=index),
        )


def cost_of(card: RateCard, usage: Usage) -> float:
    """The price of a usage in micro-units an hour, unrounded: what a comparison of costs needs."""
    kwh = float(card.kwh_micro) / 1000
    return (
        usage.cpu_core_seconds * (card.cpu_core_hour_micro + float(card.watt_per_core) * kwh)
        + usage.gpu_seconds * (card.gpu_hour_micro + float(card.watt_per_gpu) * kwh)
        + usage.gib_seconds * card.gib_hour_micro
    )


def _reach(features: Features, history: list[Finished]) -> float:
    """How far outside of all that was seen the work lies, in powers of e."""
    seen = [math.log(job.features[1]) for job in history]
    asked = math.log(features[1])
    return max(0.0, asked - max(seen), min(seen) - asked) if seen else 0.0
