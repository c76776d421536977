"""A straight line y = w x + b: its exact least-squares solution, its loss, and how well it explains the data."""

from dataclasses import dataclass

import numpy as np

from engine.data.points import Points


@dataclass(frozen=True)
class Line:
    """Weight and bias in the units of the data."""

    weight: float
    bias: float

    def loss(self, points: Points) -> float:
        """Half the mean squared error: 1/(2N) sum (y - w x - b)^2."""
        return float(np.mean((points.y - self.weight * points.x - self.bias) ** 2) / 2)

    def r2(self, points: Points) -> float:
        """Share of the variance of y that the line explains; 1 or 0 where y does not vary (as in scikit-learn)."""
        variance = float(np.var(points.y))
        if variance == 0:
            return 1.0 if self.loss(points) == 0 else 0.0
        return 1 - 2 * self.loss(points) / variance

    def relative_distance(self, exact: "Line") -> float:
        """|(w, b) - (w*, b*)| / |(w*, b*)|, Euclidean."""
        difference = np.hypot(self.weight - exact.weight, self.bias - exact.bias)
        return float(difference / max(np.hypot(exact.weight, exact.bias), np.finfo(float).tiny))


def least_squares(points: Points) -> Line:
    """The line of least squared error, by LAPACK's SVD (numpy.linalg.lstsq)."""
    design = np.column_stack([points.x, np.ones_like(points.x)])
    weight, bias = np.linalg.lstsq(design, points.y, rcond=None)[0]
    return Line(float(weight), float(bias))
