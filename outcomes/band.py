"""A band as a target: inside it all is well, outside the distance to its nearer end counts."""


def outside(value: float, low: float, high: float) -> float:
    """How far a value lies outside of a band; nothing inside it."""
    return max(low - value, value - high, 0.0)


def share_of_way(value: float, baseline: float, target: float, high: float | None = None) -> float | None:
    """How much of the way from baseline to target, or into the band up to `high`, has been gone.

    Below zero is the wrong way; None where there is no way to go.
    """
    if high is None:
        way = target - baseline
        return (value - baseline) / way if way else None
    way = outside(baseline, target, high)
    return 1 - outside(value, target, high) / way if way else None
