"""What was found out about a child and its parent, as metrics by name and as a report for people."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from engine.compression.advice import advise
from engine.compression.arms import CHILD, PARENT_EAGER, PARENT_ONNX
from engine.compression.benchmark import Ratio, column, speedup
from engine.training.scores import wilson_interval

THROUGHPUT_BATCH = 32


@dataclass(frozen=True)
class Findings:
    """Raw measurements: bytes, right answers of `test_rows`, and seconds per call of each arm, round by round."""

    size_bytes: int
    parent_size_bytes: int
    test_rows: int
    correct: dict[str, int]
    single: list[dict[str, float]]  # batch 1
    many: list[dict[str, float]]  # batch 32

    def quality(self) -> dict[str, float]:
        """Accuracies in the same runtime; the loss in percentage points, negative where the child is better."""
        child, parent = (self.correct[arm] / self.test_rows for arm in (CHILD, PARENT_ONNX))
        loss = 100 * (self.correct[PARENT_ONNX] - self.correct[CHILD]) / self.test_rows
        return {"test_accuracy": child, "parent_test_accuracy": parent, "accuracy_loss_points": loss}

    def metrics(self) -> dict[str, float]:
        """Everything by name: latencies in ms at batch 1, throughputs in pictures per second at batch 32."""
        return {
            **self.quality(),
            "size_bytes": self.size_bytes,
            "parent_size_bytes": self.parent_size_bytes,
            "size_ratio": self.parent_size_bytes / self.size_bytes,
            "latency_ms": self._latency(CHILD),
            "parent_onnx_latency_ms": self._latency(PARENT_ONNX),
            "parent_eager_latency_ms": self._latency(PARENT_EAGER),
            "speedup_vs_onnx": self.speedup_vs_onnx.median,
            "speedup_vs_eager": speedup(self.single, of=CHILD, over=PARENT_EAGER).median,
            "throughput": self._throughput(CHILD),
            "parent_onnx_throughput": self._throughput(PARENT_ONNX),
            "parent_eager_throughput": self._throughput(PARENT_EAGER),
        }

    @property
    def speedup_vs_onnx(self) -> Ratio:
        return speedup(self.single, of=CHILD, over=PARENT_ONNX)

    def report(self) -> dict[str, Any]:
        """The advice, and how sure each number is."""
        metrics = self.metrics()
        advice = advise(metrics["accuracy_loss_points"], self.speedup_vs_onnx, metrics["size_ratio"])
        return {
            **asdict(advice),
            "test_rows": self.test_rows,
            "confidence": 0.95,
            "accuracy_interval": list(wilson_interval(self.correct[CHILD], self.test_rows)),
            "parent_accuracy_interval": list(wilson_interval(self.correct[PARENT_ONNX], self.test_rows)),
            "rounds": len(self.single),
            "ratios": {
                "speedup_vs_onnx": asdict(self.speedup_vs_onnx),
                "speedup_vs_eager": asdict(speedup(self.single, of=CHILD, over=PARENT_EAGER)),
                "throughput_vs_onnx": asdict(speedup(self.many, of=CHILD, over=PARENT_ONNX)),
                "throughput_vs_eager": asdict(speedup(self.many, of=CHILD, over=PARENT_EAGER)),
            },
        }

    def _latency(self, arm: str) -> float:
        return 1000 * median(column(self.single, arm))

    def _throughput(self, arm: str) -> float:
        return THROUGHPUT_BATCH / median(column(self.many, arm))
