"""From an fp32 graph to an int8 graph: static quantisation by ONNX Runtime, weights per channel."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
_BATCH = 32


class _Rows(CalibrationDataReader):
    """Hands the calibration rows to ONNX Runtime, a batch at a time."""

    def __init__(self, input_name: str, rows: NDArray[np.float32]) -> None:
        self._batches: Iterator[dict[str, NDArray[np.float32]]] = iter(
            {input_name: rows[start : start + _BATCH]} for start in range(0, len(rows), _BATCH)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._batches, None)


def quantize_graph(
    graph: bytes, calibration: NDArray[np.float32], *, input_name: str, method: str, reduce_range: bool
) -> bytes:
    """The graph with 8-bit weights and activations (QDQ form), ranges taken from the calibration rows.

    `reduce_range` uses 7 bits for the weights: without VNNI the 16-bit sums of x86 saturate and cost accuracy.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, prepared, target = (Path(folder) / name for name in ("fp32.onnx", "prepared.onnx", "int8.onnx"))
        source.write_bytes(graph)
        quant_pre_process(source, prepared)  # without it the shapes of torch's exporter contradict the quantised ones
        quantize_static(
            prepared,
            target,
            _Rows(input_name, calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=METHODS[method],
        )
        return target.read_bytes()
