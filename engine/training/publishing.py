"""From a fitted classifier to its artifact: test it, export it, check the export, seal it, report."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from safetensors.torch import save

from engine.artifact import FOLDER, GRAPH, WEIGHTS, Description, write_artifact
from engine.data.images import CLASSES, SIZE, ImageDataset, as_input
from engine.events import Event, Finished, Metrics
from engine.models.export import check_parity, to_onnx
from engine.models.specification import ConvNetSpec
from engine.recipe import Workspace
from engine.recipes.image_classifier import ImageClassifier
from engine.training.fitting import ClassifierFit, Totals, evaluate
from engine.training.scores import confusion_matrix, wilson_interval

SIGNATURE = {
    "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, SIZE, SIZE], "range": [0, 1]}],
    "outputs": [{"name": "logits", "dtype": "float32", "shape": [-1, CLASSES]}],
}
_PARITY_ROWS = 64


def publish_classifier(
    fit: ClassifierFit,
    history: list[dict[str, float]],
    recipe: str,
    params: ImageClassifier.Params,
    workspace: Workspace,
    data: ImageDataset,
    spec: ConvNetSpec,
) -> Iterator[Event]:
    """Test metrics, then `Finished` once the artifact is on disk. Raises `RecipeError` "parity" or "disk_full"."""
    test, predictions = evaluate(fit.model, data.test, fit.device)
    yield Metrics(step=fit.step, epoch=float(fit.epoch), values=test.means("test"))
    last = {name: value for name, value in history[-1].items() if name not in ("epoch", "seconds")}
    metrics = {**last, **test.means("test")}

    model = fit.model.cpu()
    rows = as_input(data.test.images[:_PARITY_ROWS])
    graph = to_onnx(model, rows[:2], input_name="image", output_name="logits")
    parity = check_parity(model, graph, rows)
    description = Description(
        kind="image-classifier",
        recipe=recipe,
        params=params.model_dump(),
        architecture={"name": "convnet", **asdict(spec)},
        signature=SIGNATURE,
        metrics=metrics,
        dataset=data.describe(),
        parameter_count=spec.parameter_count,
    )
    write_artifact(workspace.root / FOLDER, description, {WEIGHTS: save(model.state_dict()), GRAPH: graph})
    confusion = confusion_matrix(data.test.labels, predictions.numpy(), CLASSES)
    report = {**_test_report(test), "confusion_matrix": confusion, "history": history, "onnx_parity": parity}
    yield Finished(metrics=metrics, artifact=FOLDER, report=report)


def _test_report(test: Totals) -> dict[str, Any]:
    low, high = wilson_interval(int(test.correct), test.rows)
    return {"test_rows": test.rows, "test_accuracy_interval": [low, high], "confidence": 0.95}
