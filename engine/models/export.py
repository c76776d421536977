"""From torch to ONNX: one self-contained graph with a free batch size, checked to compute the same."""

import logging
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from engine.recipe import RecipeError

_EXPORT_LOG = logging.getLogger("torch.onnx._internal.exporter._registration")
PARITY_LIMIT = 1e-4  # float32 rounding stays below; see check_parity


def to_onnx(model: nn.Module, example: NDArray[np.float32], *, input_name: str, output_name: str) -> bytes:
    """The model as a serialised ONNX graph, weights inside. `example` is a batch of two or more rows."""
    _EXPORT_LOG.setLevel(logging.ERROR)  # it warns that torchvision is absent, which is so on purpose
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch about torch
        program = torch.onnx.export(
            model.eval(),
            (torch.from_numpy(example),),
            dynamo=True,
            external_data=False,
            input_names=[input_name],
            output_names=[output_name],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=65_536)},),
            verbose=False,
        )
    assert program is not None  # noqa: S101 - always there with dynamo=True, which the type cannot say
    return _without_traces(program.model_proto).SerializeToString()


def _without_traces(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the stack traces that the exporter writes into every node: they are bulk and name paths of this machine."""
    for part in (*graph.graph.node, *graph.graph.value_info, *graph.graph.input, *graph.graph.output, graph.graph):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    return graph


def check_parity(model: nn.Module, graph: bytes, rows: NDArray[np.float32]) -> float:
    """Largest difference between torch and ONNX Runtime, absolute, or relative to the largest output where above 1.

    Raises `RecipeError` "parity" above the limit.
    """
    with torch.no_grad():
        expected = model(torch.from_numpy(rows)).numpy()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    actual = session.run(None, {session.get_inputs()[0].name: rows})[0]
    difference = float(np.abs(expected - actual).max() / max(1.0, np.abs(expected).max()))
    if not difference <= PARITY_LIMIT:
        raise RecipeError(
            "parity",
            f"torch and ONNX Runtime differ by {difference:.2g} on the same rows (limit {PARITY_LIMIT:g}).",
            "Install the versions of torch and onnxruntime from requirements.txt.",
        )
    return difference
