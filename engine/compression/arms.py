"""The three that are compared: the parent in eager torch, the parent in ONNX Runtime, the child in ONNX Runtime."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from torch import nn

from engine.artifact import GRAPH, WEIGHTS, Artifact
from engine.data.images import Split, as_input
from engine.inference import open_session
from engine.models.convnet import build_convnet
from engine.models.specification import ConvNetSpec

PARENT_EAGER, PARENT_ONNX, CHILD = "parent_eager", "parent_onnx", "child"
_TEST_BATCH = 256

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def eager_model(parent: Artifact) -> nn.Sequential:
    """The parent as a torch network, ready to predict."""
    architecture = {name: value for name, value in parent.manifest["architecture"].items() if name != "name"}
    model = build_convnet(ConvNetSpec(**architecture))
    model.load_state_dict(load(parent.read(WEIGHTS)))
    return model.eval()


def predictors(parent: Artifact, eager: nn.Module, child_graph: bytes, threads: int) -> dict[str, Predict]:
    """Each arm as a function from pictures [n, 1, 28, 28] to logits [n, 10]; torch's threads are set already."""

    def predict_eager(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return eager(torch.from_numpy(rows)).numpy()

    return {
        PARENT_EAGER: predict_eager,
        PARENT_ONNX: _predict_onnx(parent.read(GRAPH), threads),
        CHILD: _predict_onnx(child_graph, threads),
    }


def on_batch(arms: dict[str, Predict], rows: NDArray[np.float32]) -> dict[str, Callable[[], object]]:
    """Each arm tied to one batch, as the benchmark calls it."""
    return {name: partial(predict, rows) for name, predict in arms.items()}


def count_correct(predict: Predict, split: Split) -> int:
    """How many pictures of the split an arm labels rightly."""
    correct = 0
    for start in range(0, len(split), _TEST_BATCH):
        rows = slice(start, start + _TEST_BATCH)
        correct += int((predict(as_input(split.images[rows])).argmax(1) == split.labels[rows]).sum())
    return correct


def _predict_onnx(graph: bytes, threads: int) -> Predict:
    session = open_session(graph, threads)
    name = session.get_inputs()[0].name
    return lambda rows: session.run(None, {name: rows})[0]
