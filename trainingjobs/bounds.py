"""The bar under a number: the allowed range, where finished runs have been, and where the value is now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainingjobs.hyperparameters import Setting

UNBOUNDED = 2**31 - 1  # a limit that only the computer sets, as of a seed, is no range to show
SHORTEST = 2.0  # percent: a mark that can still be seen


@dataclass(frozen=True)
class Bounds:
    """Percents of the bar: where finished runs begin, what is left after them, and the dot of the value."""

    start: float
    end: float
    dot: float | None
    has_history: bool


def bounds_of(setting: Setting, value: Any, been: Sequence[Any]) -> Bounds | None:
    """The bar of a number; None for what has no range. `been` are the values of finished runs."""
    if setting.kind not in {"int", "float"} or setting.minimum is None or setting.maximum is None:
        return None
    if setting.maximum >= UNBOUNDED:
        return None
    marks = [
        position(setting, float(one)) for one in been if isinstance(one, int | float) and not isinstance(one, bool)
    ]
    start = min(min(marks, default=0.0), 100 - SHORTEST)
    end = max(0.0, min(100 - max(marks, default=0.0), 100 - SHORTEST - start))
    return Bounds(start=start, end=round(end, 1), dot=_dot(setting, value), has_history=bool(marks))


def position(setting: Setting, value: float) -> float:
    """Where a value lies between its limits, 0 to 100; limits that span three powers of ten are read by powers."""
    low, high = float(setting.minimum or 0), float(setting.maximum or 0)
    if high <= low:
        return 0.0
    value = min(max(value, low), high)
    if low >= 0 and high >= 1000 * low and (setting.kind == "float" or high > 1000):
        floor = low or (high * 1e-5 if setting.kind == "float" else 1.0)
        share = math.log(max(value, floor) / floor) / math.log(high / floor)
    else:
        share = (value - low) / (high - low)
    return round(share * 100, 1)


def _dot(setting: Setting, value: Any) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return position(setting, number) if math.isfinite(number) else None
