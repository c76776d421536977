"""Whether to use the int8 child: the one rule, in words that a person can check."""

from dataclasses import dataclass

from engine.compression.benchmark import Ratio

LARGEST_LOSS_POINTS = 0.3
_SURE_SHARE = 0.75  # of the rounds must agree that the child is faster


@dataclass(frozen=True)
class Advice:
    recommended: bool
    reason: str


def advise(accuracy_loss_points: float, speed: Ratio, size_ratio: float) -> Advice:
    """Recommend the child unless it loses accuracy or is slower than its fp32 twin in the same runtime.

    `speed` compares with fp32 in ONNX Runtime: against eager torch any graph looks fast.
    """
    spread = f"{speed.median:.2f} times the speed of fp32 ONNX ({speed.lowest:.2f} to {speed.highest:.2f})"
    if accuracy_loss_points > LARGEST_LOSS_POINTS:
        cause = f"it loses {accuracy_loss_points:.2f} points of accuracy (limit {LARGEST_LOSS_POINTS})"
        return Advice(False, f"Keep fp32: {cause}. Try the entropy method or more calibration pictures.")
    if speed.median <= 1 or speed.share_above_one < _SURE_SHARE:
        return Advice(False, f"Keep fp32: int8 is {size_ratio:.1f} times smaller but runs at {spread}.")
    return Advice(True, f"Use int8: {size_ratio:.1f} times smaller, {spread}, {accuracy_loss_points:.2f} points lost.")
