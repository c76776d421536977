"""The recipe image-classifier at work: read the data, say so, then fetch torch and train.

`Started` comes before torch is imported, so that whoever watches has a sign of life within about a second.
"""

import math
from collections.abc import Iterator

from engine.data.images import load_images
from engine.environment import library_versions
from engine.events import Event, Started
from engine.models.specification import ConvNetSpec
from engine.recipe import Workspace
from engine.recipes.image_classifier import ImageClassifier


def train(params: ImageClassifier.Params, workspace: Workspace, *, recipe: str) -> Iterator[Event]:
    """The whole run of a recipe, from raw files to the sealed artifact.

    Raises `RecipeError`, or `Stopped` after a checkpoint.
    """
    data = load_images(
        params.dataset,
        workspace.datasets,
        validation_share=params.validation_share,
        limit=params.limit,
        seed=params.seed,
    )
    spec = ConvNetSpec()
    yield Started(
        steps=params.epochs * math.ceil(len(data.train) / params.batch_size),
        epochs=params.epochs,
        dataset=data.describe(),
        parameter_count=spec.parameter_count,
        device=workspace.device,
        threads=workspace.threads,
        versions=library_versions(),
    )
    yield from ImageClassifier.load_torch_half().ClassifierRun(recipe, params, workspace, data, spec).events()
