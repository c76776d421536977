"""Has this very job already run? The same recipe, settings, parent and data, bit for bit."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from engine.recipe import Recipe, RecipeError
from experiments.models import ModelVersion
from people.models import User
from trainingjobs.models import JobState, TrainingJob

BUILT_IN = frozenset({"digits", "synthetic", "diabetes"})  # come with the engine and never change
LOOKED_AT = 20  # of the newest
Signature = tuple[tuple[str, int, int], ...]


def twin_of(user: User, recipe: Recipe, params: Any, parent: ModelVersion | None) -> TrainingJob | None:
    """The newest job that he may see, in whatever project, that ran, runs or waits with the same recipe, settings and
    parent, on the data as they are now."""
    jobs = (
        TrainingJob.objects.visible_to(user)
        .filter(recipe=recipe.slug, parent=parent, params=params.model_dump(mode="json"))
        .exclude(state__in=[JobState.FAILED, JobState.CANCELLED])
        .select_related("project", "run__dataset")
        .order_by("-submitted_at", "-pk")[:LOOKED_AT]
    )
    name = dataset_of(getattr(params, "dataset", ""), parent)
    return next((job for job in jobs if reads_the_same(job, name)), None)


def dataset_of(named: str, parent: ModelVersion | None) -> str:
    """The data that a job reads: those of its settings or of the model it starts from; empty when it reads none."""
    return named or (parent.run.dataset.name if parent and parent.run.dataset else "")


def reads_the_same(job: TrainingJob, dataset: str) -> bool:
    """Built-in data never change; those in a folder are compared by their digest. A job that waits will read them."""
    reads_none = not dataset  # a recipe that makes its own numbers, such as the probe
    if reads_none or dataset in BUILT_IN or job.run is None or job.run.dataset is None:
        return True
    return job.run.dataset.digest == digest_now(dataset)


def digest_now(dataset: str) -> str | None:
    """The digest of a folder's data as a trainer would compute it; None when they cannot be read."""
    folder = Path(settings.DATASETS_DIR) / dataset
    try:
        signature = tuple(
            (path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.glob("*"))
        )
    except OSError:
        return None
    return _digest_of(folder.parent, dataset, signature) if signature else None


@lru_cache(maxsize=32)
def _digest_of(datasets: Path, name: str, signature: Signature) -> str | None:
    """Read once, and again when a file's name, size or time has changed."""
    from engine.data.images import load_images  # loads numpy, which most pages do without

    try:
        return load_images(name, datasets, validation_share=0.1, limit=0, seed=0).digest
    except (RecipeError, OSError, ValueError):
        return None
