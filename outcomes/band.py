"""A band as a target: inside it all is well, outside the distance to its nearer end counts."""

import math


def outside(value: float, low: float, high: float) -> float:
    """How far a value lies outside of a band; nothing inside it."""
    return max(low - value, value - high, 0.0)


def share_of_way(value: float, baseline: float, target: float, high: float | None = None) -> float | None:
    """How much of the way from baseline to target, or into the band up to `high`, has been gone.

    Below zero is the wrong way; None where there is no way to go, or none that can be told from nothing.
    """
    if high is None:
        return _part(value - baseline, target - baseline)
    left = _part(outside(value, target, high), outside(baseline, target, high))
    return None if left is None else 1 - left


def _part(gone: float, way: float) -> float | None:
    part = gone / way if way else math.inf
    return part if math.isfinite(part) else None
