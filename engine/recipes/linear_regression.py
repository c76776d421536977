"""Recipe linear-regression: the declaration only; the work is in engine/training/linear_regression.py."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine import recipe
from engine.events import Event

DIABETES_ROWS = 442
ROWS_PER_STEP = 15_000  # one step costs as much before it looks at the first row (measured: 1.5e-4 s against 1e-8 s)


class LinearRegression(recipe.Recipe):
    """Fits the straight line y = w x + b by gradient descent and compares it with the exact solution.

    The loss is half the mean squared error. Data: noisy points around a line you choose, or body-mass index against
    disease progression from the diabetes data of scikit-learn.
    """

    slug = "linear-regression"
    title = "Linear regression"
    summary = "Fit a straight line by gradient descent, checked against the exact least-squares line."
    icon = "chart"
    family = "training"
    objective = recipe.Objective("validation_loss", "lower", "Validation loss")
    produces = "linear-regression"
    memory_gib = 0.5
    torch_half = "engine.training.line_run"

    class Params(recipe.Params):
        dataset: Literal["synthetic", "diabetes"] = Field("synthetic", description="Generated points or diabetes data.")
        epochs: int = Field(200, ge=1, le=100_000, description="Steps of gradient descent, each over all rows.")
        learning_rate: float = Field(
            0.1, gt=0, le=10, description="Step length; above 2 the descent diverges.", json_schema_extra={"step": 0.01}
        )
        rows: int = Field(200, ge=20, le=100_000, description="Generated points.", json_schema_extra={"unit": "points"})
        true_weight: float = Field(2.0, ge=-1e3, le=1e3, description="Slope of the line behind the points.")
        true_bias: float = Field(-1.0, ge=-1e3, le=1e3, description="Intercept of that line.")
        noise: float = Field(0.5, ge=0, le=1e3, description="Standard deviation of the noise on the generated points.")
        validation_share: float = Field(
            0.2, ge=0.05, le=0.5, description="Share of the rows kept aside.", json_schema_extra={"advanced": True}
        )
        seed: int = Field(
            0, ge=0, le=2**31 - 1, description="Start of the random numbers.", json_schema_extra={"advanced": True}
        )

    def forecast_seconds(self, params: Params) -> float:
        rows = params.rows if params.dataset == "synthetic" else DIABETES_ROWS
        return 4.5 + params.epochs * (1.5e-4 + rows * 1e-8)

    def work(self, params: Params) -> float:
        """In visits of a row: steps x (rows of the data + what one step costs whatever the rows)."""
        rows = params.rows if params.dataset == "synthetic" else DIABETES_ROWS
        return params.epochs * (ROWS_PER_STEP + rows)

    def run(self, params: Params, workspace: recipe.Workspace) -> Iterator[Event]:
        from engine.training.linear_regression import train

        yield from train(params, workspace)
