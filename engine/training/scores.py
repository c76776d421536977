"""How good a classifier is: accuracy with its uncertainty, and which classes it mixes up."""

import math

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution: a two-sided 95 % interval


def wilson_interval(correct: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Interval of a share, between 0 and 1. Source: E. B. Wilson, JASA 22 (1927), 209-212."""
    if total <= 0:
        raise ValueError("an interval needs at least one trial")
    share = correct / total
    spread = 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / spread
    half = z / spread * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def confusion_matrix(labels: NDArray[np.integer], predictions: NDArray[np.integer], classes: int) -> list[list[int]]:
    """Counts [classes][classes]: row = true class, column = predicted class."""
    cells = labels.astype(np.int64) * classes + predictions
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes).tolist()
