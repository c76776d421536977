"""The recipe linear-regression at work: make or read the points, say so, then fetch torch and descend."""

from collections.abc import Iterator

from engine.data.points import PointDataset, diabetes_points, split_points, synthetic_points
from engine.environment import library_versions
from engine.events import Event, Started
from engine.recipe import Workspace
from engine.recipes.linear_regression import LinearRegression


def train(params: LinearRegression.Params, workspace: Workspace) -> Iterator[Event]:
    """The whole run; seconds long, so it keeps no checkpoints. Raises `RecipeError` or `Stopped`."""
    data = _load(params)
    yield Started(
        steps=params.epochs,
        epochs=params.epochs,
        dataset=data.describe(),
        parameter_count=2,
        device=workspace.device,
        threads=workspace.threads,
        versions=library_versions(),
    )
    yield from LinearRegression.load_torch_half().fit_line(params, workspace, data)


def _load(params: LinearRegression.Params) -> PointDataset:
    if params.dataset == "diabetes":
        points = diabetes_points()
    else:
        points = synthetic_points(
            rows=params.rows,
            weight=params.true_weight,
            bias=params.true_bias,
            noise=params.noise,
            seed=params.seed,
        )
    return split_points(params.dataset, points, validation_share=params.validation_share, seed=params.seed)
