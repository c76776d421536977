"""The price tag before Submit: how long a job will take and cost, learned from the jobs that ran before."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from engine.recipe import Recipe
from finance.models import RateCard
from finance.services.rates import Usage, price
from trainingjobs.models import TrainingJob

PRIOR_SPREAD = (0.6, 1.0, 1.8)  # actual / prior when too little is known
ENOUGH, REMEMBERED = 3, 50  # finished jobs: from how many on we trust them, and how many of the newest we ask


@dataclass(frozen=True)
class Forecast:
    """Duration, cost and energy: P10, median, P90. `history` says from how many finished jobs it was learned."""

    seconds_low: float
    seconds_mid: float
    seconds_high: float
    micro_low: int
    micro_mid: int
    micro_high: int
    energy_wh_mid: float
    history: int


def forecast_job(*, recipe: Recipe, params: Any, card: RateCard) -> Forecast:
    """Forecast a job by the recipe's own prior, corrected by how far finished jobs were from theirs."""
    ratios = finished_ratios(recipe)
    low, mid, high = spread(ratios)
    prior = recipe.forecast_seconds(params)
    charges = [price(card, usage_of(recipe, prior * ratio)) for ratio in (low, mid, high)]
    return Forecast(
        seconds_low=prior * low,
        seconds_mid=prior * mid,
        seconds_high=prior * high,
        micro_low=charges[0].micro,
        micro_mid=charges[1].micro,
        micro_high=charges[2].micro,
        energy_wh_mid=charges[1].energy_wh,
        history=len(ratios),
    )


def usage_of(recipe: Recipe, seconds: float) -> Usage:
    """What a recipe uses when it holds its declared cores, GPUs and memory for that long."""
    return Usage(
        cpu_core_seconds=seconds * recipe.cores,
        gpu_seconds=seconds * recipe.gpus,
        gib_seconds=seconds * recipe.memory_gib,
    )


def finished_ratios(recipe: Recipe) -> list[float]:
    """Actual over prior duration of the newest finished jobs that ran in one go."""
    rows = (
        TrainingJob.objects.filter(recipe=recipe.slug, state="succeeded", fence=1, started_at__isnull=False)
        .order_by("-finished_at")
        .values_list("params", "started_at", "finished_at")[:REMEMBERED]
    )
    ratios = []
    for stored, started_at, finished_at in rows:
        try:
            prior = recipe.forecast_seconds(recipe.Params.model_validate(stored))
        except ValueError:  # settings of an older version of the recipe
            continue
        if prior > 0 and started_at and finished_at:
            ratios.append((finished_at - started_at).total_seconds() / prior)
    return ratios


def spread(ratios: list[float]) -> tuple[float, float, float]:
    """P10, median and P90 of the ratios, or the prior spread when there are too few."""
    if len(ratios) < ENOUGH:
        return PRIOR_SPREAD
    return quantile(ratios, 0.1), median(ratios), quantile(ratios, 0.9)


def quantile(values: list[float], share: float) -> float:
    """The quantile by linear interpolation between the order statistics."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
