"""Recipe image-classifier: the declaration only; the work is in engine/training/image_classifier.py."""

from collections.abc import Iterator

from pydantic import Field

from engine import recipe
from engine.events import Event
from engine.models.specification import ConvNetSpec


class ImageClassifier(recipe.Recipe):
    """Teaches a small convolutional network to tell ten kinds of 28 x 28 grey pictures apart.

    Data: the built-in digits of scikit-learn, or a folder with the four MNIST files. The best epoch is not picked:
    what you get is the network after the last epoch, with its accuracy on test pictures it never saw.
    """

    slug = "image-classifier"
    title = "Image classifier"
    summary = "Train a small convolutional network on 28 x 28 grey pictures, such as handwritten digits."
    icon = "image"
    family = "training"
    objective = recipe.Objective("test_accuracy", "higher", "Test accuracy")
    produces = "image-classifier"
    memory_gib = 1.0
    torch_half = "engine.training.classifier_run"

    class Params(recipe.Params):
        dataset: str = Field(
            "digits",
            pattern=r"^[a-z0-9][a-z0-9_-]*$",
            max_length=64,
            description="'digits' (built in) or the name of a data-set folder with the four MNIST files.",
        )
        epochs: int = Field(10, ge=1, le=200, description="Passes over the training pictures.")
        batch_size: int = Field(
            32, ge=1, le=1024, description="Pictures per step.", json_schema_extra={"unit": "pictures"}
        )
        learning_rate: float = Field(
            1e-3, gt=0, le=1, description="Step length of the Adam optimiser.", json_schema_extra={"step": 1e-4}
        )
        validation_share: float = Field(
            0.1,
            ge=0.05,
            le=0.5,
            description="Share of the training pictures kept aside to watch for over-fitting.",
            json_schema_extra={"advanced": True, "step": 0.05},
        )
        limit: int = Field(
            0,
            ge=0,
            le=1_000_000,
            description="Use at most this many training and validation pictures; 0 means all.",
            json_schema_extra={"advanced": True, "unit": "pictures"},
        )
        seed: int = Field(
            0,
            ge=0,
            le=2**31 - 1,
            description="Start of the random numbers; the same seed gives the same network.",
            json_schema_extra={"advanced": True},
        )

    def forecast_seconds(self, params: Params) -> float:
        known = 1_800 if params.dataset == "digits" else 70_000
        rows = min(params.limit, known) if params.limit else known
        return 8.0 + params.epochs * rows * 1.25e-4

    def work(self, params: Params) -> float:
        """In visits of a parameter: training pictures x epochs x parameters of the network."""
        known = 1_438 if params.dataset == "digits" else 60_000
        pictures = (min(params.limit, known) if params.limit else known) * (1 - params.validation_share)
        return pictures * params.epochs * ConvNetSpec().parameter_count

    def run(self, params: Params, workspace: recipe.Workspace) -> Iterator[Event]:
        from engine.training.image_classifier import train

        yield from train(params, workspace, recipe=self.slug)
