"""A dry run as the forecast reads it: a few steps, timed by a worker, carried on to the whole job."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

import engine
from engine.recipe import Recipe
from engine.recipes import RECIPES
from experiments.models import ModelVersion
from trainingjobs.models import StepTiming

PATIENCE = timedelta(seconds=60)  # for a worker; then a timing that nobody answered reads as failed
KEPT = timedelta(days=1)
TAIL_SHARE = 0.4  # of the shortest job by its recipe: what comes after the last step (tests, export, seal)


@dataclass(frozen=True)
class DryRun:
    """What a whole job would take at the pace of the steps that were timed."""

    seconds: float
    cores: float
    gib: float


def timing_digest(recipe: Recipe, params: Any, parent: ModelVersion | None) -> str:
    """Of everything that decides how long a step takes: recipe, settings, parent, and the code of the engine."""
    told = [recipe.slug, params.model_dump(mode="json"), str(parent.pk) if parent else "", engine_digest()]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def engine_digest() -> str:
    """Of the engine's own sources: another version may run at another pace."""
    root, sha = Path(engine.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        sha.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


def known_timing(digest: str, now: datetime) -> StepTiming | None:
    """The newest measurement of the last day."""
    measured = StepTiming.objects.filter(digest=digest, state=StepTiming.State.MEASURED, measured_at__gte=now - KEPT)
    return measured.order_by("-measured_at").first()


def dry_run_of(recipe: Recipe, params: Any, parent: ModelVersion | None) -> DryRun | None:
    """The dry run of these very settings, when there is one."""
    timing = known_timing(timing_digest(recipe, params, parent), timezone.now())
    return read_dry_run(timing) if timing else None


def read_dry_run(timing: StepTiming) -> DryRun | None:
    """Start + steps x pace + what comes after the last step; a job that ended while it was timed has shown it all."""
    startup_s, step_s, steps, timed = timing.startup_s, timing.step_s, timing.steps, timing.timed_steps
    if startup_s is None or step_s is None or not steps or not timed:
        return None
    watched = startup_s + timed * step_s
    if watched <= 0:
        return None
    return DryRun(
        seconds=startup_s + steps * step_s + (_tail_s(timing) if timed < steps else 0.0),
        cores=max((timing.cpu_core_seconds or 0.0) / watched, 0.01),
        gib=max(timing.gib or 0.0, 0.01),
    )


def _tail_s(timing: StepTiming) -> float:
    """What no dry run sees, by the recipe's own prior: the end of a job costs about the same however long it was."""
    recipe = RECIPES.get(timing.recipe)
    if recipe is None:
        return 0.0
    try:
        params = recipe.Params.model_validate(timing.params)
    except ValueError:  # settings of an older version of the recipe
        return 0.0
    shortest = params.model_copy(update={"epochs": 1}) if "epochs" in recipe.Params.model_fields else params
    return TAIL_SHARE * recipe.forecast_seconds(shortest)


def state_of(timing: StepTiming, now: datetime) -> StepTiming.State:
    """As it reads now: one that nobody has answered in time has failed, whatever became of its message."""
    if timing.state == StepTiming.State.ASKED and now - timing.asked_at > PATIENCE:
        return StepTiming.State.FAILED
    return StepTiming.State(timing.state)


def reason_of(timing: StepTiming, now: datetime) -> str:
    """Why it failed, or nothing."""
    if state_of(timing, now) != StepTiming.State.FAILED:
        return ""
    return timing.error or _(
        "No worker timed the steps within %(seconds)s s: none is running, or all are busy. "
        "Submit the job as it is, or try again later."
    ) % {"seconds": round(PATIENCE.total_seconds())}
