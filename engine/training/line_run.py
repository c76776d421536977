"""One descent on a straight line: compare with the exact solution, seal the artifact."""

import math
from collections.abc import Iterator

from safetensors.torch import save

from engine.artifact import FOLDER, GRAPH, WEIGHTS, Description, write_artifact
from engine.data.points import PointDataset
from engine.events import Event, Finished, Metrics, Progress
from engine.models.export import check_parity, to_onnx
from engine.models.line import Line, least_squares
from engine.recipe import RecipeError, Workspace
from engine.recipes.linear_regression import LinearRegression
from engine.training.device import prepare_torch
from engine.training.line_fit import LineFit, as_module

SIGNATURE = {
    "inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 1]}],
    "outputs": [{"name": "y", "dtype": "float32", "shape": [-1, 1]}],
}
_REPORTS = 40  # points of the curve; a fixed number, because the whole descent may take only milliseconds
_SHOWN_POINTS = 200


def fit_line(params: LinearRegression.Params, workspace: Workspace, data: PointDataset) -> Iterator[Event]:
    """Everything after `Started`. Raises `RecipeError` or `Stopped`."""
    fit = LineFit(data.train, params.learning_rate, prepare_torch(workspace, params.seed))
    yield from _descend(fit, data, params, workspace)
    yield _publish(fit.line, data, params, workspace)


def _descend(
    fit: LineFit, data: PointDataset, params: LinearRegression.Params, workspace: Workspace
) -> Iterator[Event]:
    first_loss = fit.line.loss(data.train)
    every = math.ceil(params.epochs / _REPORTS)
    for step in range(1, params.epochs + 1):
        fit.step()
        if step == 1 or step % every == 0 or step == params.epochs:
            train_loss = fit.line.loss(data.train)
            _check_descent(first_loss, train_loss, step, params.learning_rate)
            yield Progress(step=step, steps=params.epochs, epoch=float(step), epochs=params.epochs)
            values = {"train_loss": train_loss, "validation_loss": fit.line.loss(data.validation)}
            yield Metrics(step=step, epoch=float(step), values=values)
        workspace.stop_if_requested()


def _check_descent(first: float, now: float, step: int, learning_rate: float) -> None:
    if not math.isfinite(now) or now > 1.001 * first + 1e-12:  # a hair above is rounding
        raise RecipeError(
            "diverged",
            f"The training loss grew from {first:.3g} to {now:.3g} by step {step}: the steps overshoot.",
            f"Choose a smaller learning rate than {learning_rate:g}: below 2, usually 0.1.",
        )


def _publish(line: Line, data: PointDataset, params: LinearRegression.Params, workspace: Workspace) -> Finished:
    exact = least_squares(data.train)
    metrics = {
        "train_loss": line.loss(data.train),
        "validation_loss": line.loss(data.validation),
        "r2": line.r2(data.validation),
        "weight": line.weight,
        "bias": line.bias,
        "relative_error_to_closed_form": line.relative_distance(exact),
    }
    model = as_module(line)
    rows = data.train.x[:_SHOWN_POINTS, None].astype("float32")
    graph = to_onnx(model, rows[:2], input_name="x", output_name="y")
    parity = check_parity(model, graph, rows)
    description = Description(
        kind="linear-regression",
        recipe=LinearRegression.slug,
        params=params.model_dump(),
        architecture={"name": "line", "inputs": 1, "outputs": 1},
        signature=SIGNATURE,
        metrics=metrics,
        dataset=data.describe(),
        parameter_count=2,
    )
    write_artifact(workspace.root / FOLDER, description, {WEIGHTS: save(model.state_dict()), GRAPH: graph})
    report = {
        "closed_form": {"weight": exact.weight, "bias": exact.bias},
        "closed_form_validation_loss": exact.loss(data.validation),
        "points": [[float(x), float(y)] for x, y in zip(data.train.x, data.train.y, strict=True)][:_SHOWN_POINTS],
        "onnx_parity": parity,
    }
    return Finished(metrics=metrics, artifact=FOLDER, report=report)
