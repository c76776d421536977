"""Is the price tag right? `python benchmarks/forecast.py [recipe ...]` runs jobs of mixed settings, one after another.

Each is forecast from those before it.

After twenty jobs to learn from, ten more of each recipe are judged, for duration and for cost: the median error and how
many lie inside P10 to P90. The reference is what a forecast without learning says: the recipe's own prior.
"""

import json
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
RECIPES = ("image-classifier", "linear-regression")
LEARNED, JUDGED, SEED = 20, 10, 7
ERROR_LIMIT, INSIDE_LIMIT = 0.20, 0.70


def settings_of(recipe: str, chance: random.Random) -> dict[str, Any]:
    """Settings as different as people choose them, small enough for a benchmark."""
    if recipe == "linear-regression":
        return {
            "epochs": chance.choice([50, 200, 1_000, 5_000, 10_000]),
            "rows": chance.choice([50, 200, 2_000, 20_000]),
            "validation_share": chance.choice([0.1, 0.2, 0.4]),
        }
    return {
        "epochs": chance.randint(1, 6),
        "limit": chance.choice([0, 200, 500, 1_000]),
        "batch_size": chance.choice([16, 32, 64, 128]),
    }


def run_jobs(recipe: str) -> list[dict[str, float]]:
    """Forecast, run and compare one job after the other; the last ones are judged."""
    from projects.models import Project
    from trainingjobs.models import TrainingJob
    from trainingjobs.services import run_one, submit_job

    project, chance, seen = Project.objects.select_related("lead").get(), random.Random(SEED), []
    for _number in range(LEARNED + JUDGED):
        job = submit_job(project=project, recipe=recipe, params=settings_of(recipe, chance), by=project.lead)
        run_one(job.pk)
        seen.append(compare(TrainingJob.objects.get(pk=job.pk)))
    return seen[LEARNED:]


def compare(row: Any) -> dict[str, float]:
    """What was forecast for a finished job against what came, and what its recipe alone would have said."""
    from django.utils import timezone

    from engine.recipes import get_recipe
    from finance.services.rates import current_rate_card, price
    from trainingjobs.forecast import usage_of

    assert row.state == "succeeded", row.error_message
    known, seconds = get_recipe(row.recipe), (row.finished_at - row.started_at).total_seconds()
    prior_s = known.forecast_seconds(known.Params.model_validate(row.params))
    prior_micro = price(current_rate_card(timezone.localdate()), usage_of(known, prior_s)).micro
    return {
        "seconds": seconds,
        "seconds_error": abs(row.forecast_seconds_mid / seconds - 1),
        "seconds_inside": row.forecast_seconds_low <= seconds <= row.forecast_seconds_high,
        "seconds_prior_error": abs(prior_s / seconds - 1),
        "seconds_width": row.forecast_seconds_high / row.forecast_seconds_low,
        "cost_error": abs(row.forecast_micro_mid / row.cost_micro - 1),
        "cost_inside": row.forecast_micro_low <= row.cost_micro <= row.forecast_micro_high,
        "cost_prior_error": abs(prior_micro / row.cost_micro - 1),
        "cost_width": row.forecast_micro_high / row.forecast_micro_low,
    }


def sum_up(judged: list[dict[str, float]], what: str) -> tuple[float, float, float, float]:
    """Median error, that of the recipe alone, share inside P10 to P90, and median width, of seconds or cost."""
    error, prior, width = (
        statistics.median(each[f"{what}_{kind}"] for each in judged) for kind in ("error", "prior_error", "width")
    )
    return error, prior, statistics.mean(each[f"{what}_inside"] for each in judged), width


def report(recipe: str, judged: list[dict[str, float]]) -> bool:
    """One line for each promise: ours is what the portal forecast."""
    fine = True
    for what in ("seconds", "cost"):
        error, prior, inside, width = sum_up(judged, what)
        for name, ours, reference, floor, ok in (
            ("median_error", error, prior, ERROR_LIMIT, error <= ERROR_LIMIT),
            ("share_inside", inside, 0.8, INSIDE_LIMIT, inside >= INSIDE_LIMIT),
        ):
            fine = fine and ok
            ratio = round(ours / reference, 3) if reference else None
            line = {"name": f"forecast_{what}_{name}:{recipe}", "ours": round(ours, 3)}
            line |= {"reference": round(reference, 3), "ratio": ratio, "floor": floor, "ok": ok}
            print(json.dumps({**line, "jobs": len(judged), "p90_over_p10": round(width, 2)}), flush=True)
    return fine


def main() -> None:
    from training_overhead import prepare_portal

    data_dir = Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    prepare_portal(data_dir)
    fine = [report(recipe, run_jobs(recipe)) for recipe in sys.argv[1:] or RECIPES]
    shutil.rmtree(data_dir, ignore_errors=True)
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
