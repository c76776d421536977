"""What the finished jobs of a recipe teach: their settings as features, and what they used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from engine.recipe import Recipe
from trainingjobs.forecast_fit import HALF_LIFE, Features
from trainingjobs.models import Attempt, JobState, TrainingJob

REMEMBERED = 50  # of the newest


@dataclass(frozen=True)
class Finished:
    """A job that ran in one go from its start to its end."""

    features: Features
    prior_s: float
    seconds: float
    cpu_core_seconds: float
    gib_seconds: float
    is_cold: bool  # its trainer had to load its libraries first


def finished_jobs(recipe: Recipe) -> list[Finished]:
    """The newest successes of the first attempt, newest first; what was resumed took longer than its work."""
    rows = (
        TrainingJob.objects.filter(recipe=recipe.slug, state=JobState.SUCCEEDED, fence=1, started_at__isnull=False)
        .order_by("-finished_at", "-pk")
        .annotate(was_warm=Subquery(Attempt.objects.filter(job=OuterRef("pk"), fence=1).values("is_warm")))
        .values_list("params", "started_at", "finished_at", "cpu_core_seconds", "gib_seconds", "was_warm")[:REMEMBERED]
    )
    found = []
    for stored, started_at, finished_at, cpu_core_seconds, gib_seconds, was_warm in rows:
        seconds = (finished_at - started_at).total_seconds() if started_at and finished_at else 0.0
        try:
            params = recipe.Params.model_validate(stored)
        except ValueError:  # settings of an older version of the recipe
            continue
        if seconds > 0:
            prior_s, is_cold = max(recipe.forecast_seconds(params), 1e-3), was_warm is False
            features = features_of(recipe, params, is_cold=is_cold)
            found.append(Finished(features, prior_s, seconds, cpu_core_seconds, gib_seconds, is_cold))
    return found


def features_of(recipe: Recipe, params: Any, *, is_cold: bool) -> Features:
    """A start, the work, the steps that it is cut into, and what a start costs more when no trainer stood ready.

    A small batch makes many steps of the same work.
    """
    work = max(recipe.work(params), 1e-9)
    return (1.0, work, work / getattr(params, "batch_size", 1.0), float(is_cold))


def starts_cold(history: Sequence[Finished]) -> bool:
    """Whether most jobs of late did: nobody knows at the submission whether a trainer will stand ready."""
    weights = [0.5 ** (age / HALF_LIFE) for age in range(len(history))]
    cold = sum(weight for weight, job in zip(weights, history, strict=True) if job.is_cold)
    return cold > sum(weights) / 2
