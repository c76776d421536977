"""What the finished jobs of a recipe teach: their settings as features, and what they used."""

from dataclasses import dataclass
from typing import Any

from engine.recipe import Recipe
from trainingjobs.forecast_fit import Features
from trainingjobs.models import JobState, TrainingJob

REMEMBERED = 50  # of the newest


@dataclass(frozen=True)
class Finished:
    """A job that ran in one go from its start to its end."""

    features: Features
    prior_s: float
    seconds: float
    cpu_core_seconds: float
    gib_seconds: float


def finished_jobs(recipe: Recipe) -> list[Finished]:
    """The newest successes of the first attempt, newest first; what was resumed took longer than its work."""
    rows = (
        TrainingJob.objects.filter(recipe=recipe.slug, state=JobState.SUCCEEDED, fence=1, started_at__isnull=False)
        .order_by("-finished_at")
        .values_list("params", "started_at", "finished_at", "cpu_core_seconds", "gib_seconds")[:REMEMBERED]
    )
    found = []
    for stored, started_at, finished_at, cpu_core_seconds, gib_seconds in rows:
        seconds = (finished_at - started_at).total_seconds() if started_at and finished_at else 0.0
        try:
            params = recipe.Params.model_validate(stored)
        except ValueError:  # settings of an older version of the recipe
            continue
        if seconds > 0:
            prior_s = max(recipe.forecast_seconds(params), 1e-3)
            found.append(Finished(features_of(recipe, params), prior_s, seconds, cpu_core_seconds, gib_seconds))
    return found


def features_of(recipe: Recipe, params: Any) -> Features:
    """A start, the work, and the steps that it is cut into: a small batch makes many steps of the same work."""
    work = max(recipe.work(params), 1e-9)
    return (1.0, work, work / getattr(params, "batch_size", 1.0))
