"""One attempt at quantising a classifier: parity, int8 graph, accuracy, speed in turns, advice, sealed child."""

import platform
from collections.abc import Iterator

from engine.artifact import FOLDER, GRAPH, Artifact, Description, write_artifact
from engine.compression.arms import CHILD, PARENT_ONNX, Predict, count_correct, eager_model, on_batch, predictors
from engine.compression.benchmark import calls_per_turn, one_round
from engine.compression.findings import THROUGHPUT_BATCH, Findings
from engine.compression.int8 import quantize_graph
from engine.compression.quantization import STEPS_BEFORE_ROUNDS
from engine.data.images import ImageDataset, as_input
from engine.environment import cpu_flags, has_int8_dot_product
from engine.events import Event, Finished, Metrics, Progress
from engine.models.export import check_parity
from engine.recipe import Workspace
from engine.recipes.quantization import Quantization
from engine.training.device import prepare_torch

_PARITY_ROWS = 64
_WEIGHTS_NOTE = "inside model.onnx; an int8 model has no model.safetensors"


class QuantizationRun:
    """The parent, its data, and the settings that hold for every measurement."""

    def __init__(self, params: Quantization.Params, workspace: Workspace, parent: Artifact, data: ImageDataset) -> None:
        prepare_torch(workspace, seed=0)
        self.params, self.workspace, self.parent, self.data = params, workspace, parent, data
        # A machine that does not tell its flags is not x86: the saturation that reduce_range avoids is x86's own.
        flags = cpu_flags()
        self.has_int8_dot_product = has_int8_dot_product(flags)
        self.reduce_range = bool(flags) and not self.has_int8_dot_product

    def events(self) -> Iterator[Event]:
        """Do the work. Parity comes first: a graph that computes something else must not be measured."""
        parent_graph = self.parent.read(GRAPH)
        eager = eager_model(self.parent)
        parity = check_parity(eager, parent_graph, as_input(self.data.test.images[:_PARITY_ROWS]))
        yield self._progress(1, "parent checked, quantising")

        child_graph = self._quantize(parent_graph)
        yield self._progress(2, "quantised, testing")

        arms = predictors(self.parent, eager, child_graph, self.workspace.threads)
        correct = {arm: count_correct(arms[arm], self.data.test) for arm in (PARENT_ONNX, CHILD)}
        findings = Findings(len(child_graph), len(parent_graph), len(self.data.test), correct, single=[], many=[])
        yield self._progress(3, "tested, measuring speed in turns")
        yield Metrics(step=3, epoch=0.0, values=findings.quality())

        yield from self._race(arms, findings)
        metrics = findings.metrics()
        self._seal(child_graph, metrics)
        yield Metrics(step=STEPS_BEFORE_ROUNDS + self.params.rounds, epoch=1.0, values=metrics)
        yield Finished(metrics=metrics, artifact=FOLDER, report={**findings.report(), **self._machine(parity)})

    def _quantize(self, parent_graph: bytes) -> bytes:
        # Training pictures only, or the test would be rigged. Their order is stratified: the first are a fair sample.
        pictures = self.data.train.images[: self.params.calibration_images]
        return quantize_graph(
            parent_graph,
            as_input(pictures),
            input_name=self.parent.manifest["signature"]["inputs"][0]["name"],
            method=self.params.method,
            reduce_range=self.reduce_range,
        )

    def _race(self, arms: dict[str, Predict], findings: Findings) -> Iterator[Event]:
        """Fill in the seconds per call at batch 1 and batch 32, round by round."""
        single = on_batch(arms, as_input(self.data.test.images[:1]))
        many = on_batch(arms, as_input(self.data.test.images[:THROUGHPUT_BATCH]))
        single_calls, many_calls = calls_per_turn(single), calls_per_turn(many)
        for number in range(1, self.params.rounds + 1):
            backwards = number % 2 == 0
            findings.single.append(one_round(single, single_calls, backwards=backwards))
            findings.many.append(one_round(many, many_calls, backwards=backwards))
            yield self._progress(STEPS_BEFORE_ROUNDS + number, f"speed, round {number} of {self.params.rounds}")

    def _progress(self, step: int, message: str) -> Progress:
        self.workspace.stop_if_requested()
        steps = STEPS_BEFORE_ROUNDS + self.params.rounds
        return Progress(step=step, steps=steps, epoch=step / steps, epochs=1, message=message)

    def _seal(self, child_graph: bytes, metrics: dict[str, float]) -> None:
        manifest = self.parent.manifest
        precision = {"precision": "int8", "reduce_range": self.reduce_range, "weights": _WEIGHTS_NOTE}
        description = Description(
            kind="image-classifier-int8",
            recipe=Quantization.slug,
            params=self.params.model_dump(),
            architecture={**manifest["architecture"], **precision},
            signature=manifest["signature"],
            metrics=metrics,
            dataset=self.data.describe(),
            parameter_count=manifest["parameter_count"],
            parent_digest=self.parent.digest,
        )
        write_artifact(self.workspace.root / FOLDER, description, {GRAPH: child_graph})

    def _machine(self, parity: float) -> dict[str, object]:
        return {
            "parent_onnx_parity": parity,
            "threads": self.workspace.threads,
            "cpu": {"machine": platform.machine(), "int8_dot_product": self.has_int8_dot_product},
            "reduce_range": self.reduce_range,
        }
