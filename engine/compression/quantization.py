"""The recipe quantization at work: read the parent and its data, say so, then fetch torch and compress."""

from collections.abc import Iterator

from engine.artifact import Artifact, load_artifact
from engine.data.images import ImageDataset, load_images
from engine.environment import library_versions
from engine.events import Event, Started
from engine.recipe import RecipeError, Workspace
from engine.recipes.image_classifier import ImageClassifier
from engine.recipes.quantization import Quantization

STEPS_BEFORE_ROUNDS = 3  # parity, quantisation, accuracy


def quantize(params: Quantization.Params, workspace: Workspace) -> Iterator[Event]:
    """The whole run. Raises `RecipeError`, among others when the parent's data is gone or has changed, or `Stopped`."""
    assert workspace.parent is not None  # noqa: S101 - Recipe.check_parent has seen to it
    parent = load_artifact(workspace.parent)
    data = _data_of(parent, workspace)
    yield Started(
        steps=STEPS_BEFORE_ROUNDS + params.rounds,
        epochs=1,
        dataset=data.describe(),
        parameter_count=parent.manifest["parameter_count"],
        device="cpu",
        threads=workspace.threads,
        versions=library_versions(),
    )
    yield from Quantization.load_torch_half().QuantizationRun(params, workspace, parent, data).events()


def _data_of(parent: Artifact, workspace: Workspace) -> ImageDataset:
    """The very splits that the parent was trained and tested on."""
    trained = ImageClassifier.Params.model_validate(parent.manifest["params"])
    data = load_images(
        trained.dataset,
        workspace.datasets,
        validation_share=trained.validation_share,
        limit=trained.limit,
        seed=trained.seed,
    )
    if data.digest != parent.manifest["dataset"]["digest"]:
        raise RecipeError(
            "dataset_changed",
            f"The data set {data.name} is not the one that the parent was trained on: its contents differ.",
            "Put the original files back, or train a new parent on the present ones.",
        )
    return data
