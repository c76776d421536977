"""What a finished run found out, for people: variants side by side, which classes are mixed up, the fitted line."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from experiments.files import model_files
from experiments.models import Run
from portal.boards.charts.line_fit import LineFit, line_fit
from portal.wording import byte_size, number, percent


@dataclass(frozen=True)
class Variant:
    """One way to run the model: size, speed and accuracy, as text; the numbers stand against the fp32 graph."""

    name: str
    size: str
    latency: str
    throughput: str
    accuracy: str
    is_child: bool = False


@dataclass(frozen=True)
class Comparison:
    """Parent and child of a compression, measured in turns on the same machine, and what to do."""

    variants: tuple[Variant, ...]
    is_recommended: bool
    reason: str
    smaller: str
    faster: str
    lost: str
    machine: str

    @property
    def finding(self) -> str:
        words = {"smaller": self.smaller, "faster": self.faster, "lost": self.lost}
        return _("int8 is %(smaller)s× smaller, runs at %(faster)s× the speed and loses %(lost)s points") % words


@dataclass(frozen=True)
class Cell:
    """A count in the confusion matrix and how strongly it is shaded, 0 to 100."""

    count: int
    shade: int
    is_right: bool


@dataclass(frozen=True)
class Confusion:
    """Rows are true classes, columns are what the network said."""

    rows: tuple[tuple[Cell, ...], ...]
    finding: str
    reading: str

    @property
    def classes(self) -> range:
        return range(len(self.rows))


def comparison_of(run: Run) -> Comparison | None:
    """The table of a compression run; None for any other run."""
    metrics, report = run.metrics, run.report
    if "size_ratio" not in metrics or "reason" not in report:
        return None
    return Comparison(
        variants=(
            _variant(
                _("Parent, fp32, PyTorch"),
                {**metrics, **_of_the_parent(run)},
                "parent_eager_",
                size="weights_bytes",
                accuracy="torch_accuracy",
            ),
            _variant(
                _("Parent, fp32, ONNX"),
                metrics,
                "parent_onnx_",
                size="parent_size_bytes",
                accuracy="parent_test_accuracy",
            ),
            _variant(_("Child, int8, ONNX"), metrics, "", size="size_bytes", accuracy="test_accuracy", is_child=True),
        ),
        is_recommended=bool(report.get("recommended")),
        reason=str(report["reason"]),
        smaller=number(metrics["size_ratio"], 1),
        faster=number(metrics.get("speedup_vs_onnx"), 2),
        lost=number(metrics.get("accuracy_loss_points", 0.0), 2),
        machine=_machine(report),
    )


def _of_the_parent(run: Run) -> dict[str, float]:
    """What the parent's own rows know of it in PyTorch: its weights on disk, and the accuracy of its own test."""
    if run.parent is None:
        return {}
    weights = [file.size_bytes for file in model_files(run.parent) if file.name.endswith(".safetensors")]
    accuracy = run.parent.run.metrics.get("test_accuracy")
    return {
        **({"weights_bytes": weights[0]} if weights else {}),
        **({"torch_accuracy": accuracy} if accuracy is not None else {}),
    }


def _variant(
    name: str, metrics: dict[str, float], prefix: str, *, size: str | None, accuracy: str | None, is_child: bool = False
) -> Variant:
    throughput = metrics.get(f"{prefix}throughput", metrics.get(f"{prefix}throughput_per_s"))
    latency = metrics.get(f"{prefix}latency_ms")
    return Variant(
        name=name,
        size=byte_size(int(metrics[size])) if size and size in metrics else "",
        latency=number(latency, 3) if latency is not None else "",
        throughput=number(throughput, 0) if throughput is not None else "",
        accuracy=number(metrics[accuracy], 4) if accuracy and accuracy in metrics else "",
        is_child=is_child,
    )


def _machine(report: dict[str, Any]) -> str:
    words = {
        "rounds": report.get("rounds", "?"),
        "threads": report.get("threads", "?"),
        "machine": report.get("cpu", {}).get("machine", "?"),
    }
    where = (
        _("Measured in turns over %(rounds)s rounds, %(threads)s thread(s), %(machine)s; median of the rounds.") % words
    )
    speed = _("Speed: fp32 ONNX against int8 ONNX in the same round, then the median of these ratios.")
    torch = _("Size in PyTorch: its weights file; accuracy: the parent's own test.")
    return f"{where} {speed} {torch}"


def confusion_of(run: Run) -> Confusion | None:
    """The confusion matrix of a classifier; None where the run has none or it is not a square of counts."""
    counts = run.report.get("confusion_matrix")
    if (
        not isinstance(counts, list)
        or not counts
        or any(not isinstance(row, list) or len(row) != len(counts) for row in counts)
    ):
        return None
    worst = max((count for true, row in enumerate(counts) for said, count in enumerate(row) if true != said), default=0)
    rows = tuple(
        tuple(
            Cell(count, _shade(count, sum(row) if true == said else worst), true == said)
            for said, count in enumerate(row)
        )
        for true, row in enumerate(counts)
    )
    return Confusion(rows, _confusion_finding(counts, worst), _confusion_reading(run, counts))


def _shade(count: int, most: int) -> int:
    return round(100 * count / most) if most and count else 0


def _confusion_finding(counts: list[list[int]], worst: int) -> str:
    if worst == 0:
        return _("No test picture was told wrong")
    if worst == 1:
        return _("No two classes are mixed up more than once")
    true, said = next(
        (true, said)
        for true, row in enumerate(counts)
        for said, count in enumerate(row)
        if true != said and count == worst
    )
    return _("Most often %(true)s is taken for %(said)s: %(count)s of %(all)s") % {
        "true": true,
        "said": said,
        "count": worst,
        "all": sum(counts[true]),
    }


def _confusion_reading(run: Run, counts: list[list[int]]) -> str:
    total, right = sum(map(sum, counts)), sum(row[index] for index, row in enumerate(counts))
    interval = run.report.get("test_accuracy_interval") or []
    words = {"right": number(right), "total": number(total), "share": percent(right / total if total else None, 1)}
    fact = _("%(right)s of %(total)s test pictures told right, %(share)s") % words
    if len(interval) != 2:
        return fact
    return fact + _(" (95%% interval %(low)s to %(high)s)") % {
        "low": percent(interval[0], 1),
        "high": percent(interval[1], 1),
    }


@dataclass(frozen=True)
class LineResult:
    """A fitted line beside the exact one."""

    finding: str
    data: LineFit

    @property
    def figure(self) -> go.Figure:
        return line_fit(self.data)


def line_of(run: Run) -> LineResult | None:
    """The line that a regression learned; None for any other run."""
    points, exact = run.report.get("points"), run.report.get("closed_form")
    if not points or "weight" not in run.metrics or "bias" not in run.metrics:
        return None
    learned = (run.metrics["weight"], run.metrics["bias"])
    words = {"weight": number(learned[0], 3), "bias": f"{'−' if learned[1] < 0 else '+'} {number(abs(learned[1]), 3)}"}
    return LineResult(
        _("The learned line is y = %(weight)s x %(bias)s") % words,
        LineFit(
            [(x, y) for x, y in points],
            learned,
            (exact["weight"], exact["bias"]) if exact else None,
            _("Learned"),
            _("Exact"),
        ),
    )


def final_metrics(run: Run) -> list[tuple[str, str]]:
    """Every final metric by name, for the facts beside the charts."""
    return [
        (name.replace("_", " "), ("−" if value < 0 else "") + f"{abs(value):,.6g}")
        for name, value in sorted(run.metrics.items())
    ]
