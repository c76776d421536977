"""Asking a finished model: one ONNX Runtime session around an artifact."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from engine.artifact import GRAPH, Artifact, load_artifact
from engine.recipe import RecipeError


def open_session(graph: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """A session on the CPU with exactly that many threads and none spinning between calls.

    Raises ValueError when the graph refers to files outside itself: such a graph could read any file of this machine.
    """
    tensors = onnx.load_model_from_string(graph).graph.initializer
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
        raise ValueError("the graph keeps weights in other files")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class Predictor:
    """A loaded model: `predict` turns a batch of inputs into a batch of outputs. Safe to call from several threads."""

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.artifact = artifact
        self._input: dict[str, Any] = artifact.manifest["signature"]["inputs"][0]
        try:
            self._session = open_session(artifact.read(GRAPH), threads)
        except RecipeError:
            raise
        except Exception as error:  # ONNX Runtime's many error classes share no base
            raise RecipeError(
                "corrupt_artifact",
                f"The graph of the model in {artifact.path} cannot be loaded: {error}.",
                "Run the job that made it again.",
            ) from error

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> "Predictor":
        """Verify and open the artifact in a folder; raises `RecipeError` "corrupt_artifact"."""
        return cls(load_artifact(path), threads)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row, without the batch."""
        return tuple(self._input["shape"][1:])

    def predict(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Outputs for a batch [n, *input_shape]; raises `RecipeError` "wrong_input" for another shape or no number."""
        rows = np.asarray(batch)
        if rows.ndim == 0 or rows.shape[1:] != self.input_shape or len(rows) == 0:
            raise _wrong_input(f"it has shape {list(rows.shape)}", self.input_shape)
        if not (np.issubdtype(rows.dtype, np.number) and np.isfinite(rows).all()):
            raise _wrong_input("it holds something that is not a finite number", self.input_shape)
        return self._session.run(None, {self._input["name"]: rows.astype(np.float32, copy=False)})[0]


def _wrong_input(cause: str, shape: tuple[int, ...]) -> RecipeError:
    wanted = ["n", *shape]
    return RecipeError("wrong_input", f"The input cannot be used: {cause}.", f"Send numbers of shape {wanted}.")
