"""Recipe quantization: the declaration only; the work is in engine/compression/quantization.py."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine import recipe
from engine.events import Event

PICTURES_PER_ROUND = 250.0  # a round takes as long as calibrating on so many pictures (0.25 s against 0.001 s)


class Quantization(recipe.Recipe):
    """Rewrites a trained image classifier in 8-bit whole numbers and measures what that gains and costs.

    Parent and child run in turns on the same test pictures and one equal number of threads; the report recommends the
    child only when it is faster than its parent in the same runtime and loses at most 0.3 points of accuracy.
    """

    slug = "quantization"
    title = "Quantization"
    summary = "Turn an image classifier into 8-bit numbers: smaller, often faster, with the loss of accuracy measured."
    icon = "shrink"
    family = "compression"
    objective = recipe.Objective("size_ratio", "higher", "Times smaller")
    parent_kinds = ("image-classifier",)
    produces = "image-classifier-int8"
    memory_gib = 1.5
    torch_half = "engine.compression.quantization_run"

    class Params(recipe.Params):
        calibration_images: int = Field(
            256,
            ge=16,
            le=2048,
            description="Training pictures used to find the range of each layer.",
            json_schema_extra={"unit": "pictures"},
        )
        method: Literal["minmax", "entropy", "percentile"] = Field(
            "minmax", description="How the range of a layer is chosen: widest, least information lost, or 99.999 %."
        )
        rounds: int = Field(
            7,
            ge=5,
            le=51,
            description="Rounds of the speed measurement; parent and child take turns in each.",
            json_schema_extra={"advanced": True},
        )

    def forecast_seconds(self, params: Params) -> float:
        return 4.0 + params.calibration_images * 0.001 + params.rounds * 0.25

    def work(self, params: Params) -> float:
        """In pictures of calibration: as many as there are, and as many as fit into the rounds of the measurement."""
        return params.calibration_images + params.rounds * PICTURES_PER_ROUND

    def run(self, params: Params, workspace: recipe.Workspace) -> Iterator[Event]:
        from engine.compression.quantization import quantize

        yield from quantize(params, workspace)
