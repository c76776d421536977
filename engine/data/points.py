"""Points (x, y) for a straight line: generated around a known line, or from the diabetes data of scikit-learn."""

import hashlib
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST_X = 10.0  # generated x lie between 0 and this: far from standardised, so that scaling has work to do
_BODY_MASS_INDEX = "bmi"


@dataclass(frozen=True)
class Points:
    """Rows x [n] and y [n], in the units of the data."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class PointDataset:
    """Points split in two. `digest` is the SHA-256 over all rows in their original order."""

    name: str
    version: str
    digest: str
    train: Points
    validation: Points

    def describe(self) -> dict[str, Any]:
        """The facts for `Started` and model.json."""
        splits = {"train": len(self.train), "validation": len(self.validation)}
        rows = sum(splits.values())
        return {"name": self.name, "version": self.version, "digest": self.digest, "rows": rows, "splits": splits}


def synthetic_points(*, rows: int, weight: float, bias: float, noise: float, seed: int) -> Points:
    """Rows around y = weight x + bias, x even between 0 and 10, normal noise of that standard deviation on y."""
    random = np.random.default_rng(seed)
    x = random.uniform(0.0, _LARGEST_X, rows)
    return Points(x, weight * x + bias + random.normal(0.0, noise, rows))


def diabetes_points() -> Points:
    """442 patients: body-mass index (standardised by its publishers) and disease progression after one year."""
    from sklearn.datasets import load_diabetes  # slow to import, and only this data set needs it

    bunch = load_diabetes()
    column = bunch.feature_names.index(_BODY_MASS_INDEX)
    return Points(bunch.data[:, column].copy(), bunch.target.astype(np.float64))


def split_points(name: str, points: Points, *, validation_share: float, seed: int) -> PointDataset:
    """Shuffle and set a share of the rows aside, at least one."""
    digest = hashlib.sha256(points.x.tobytes() + points.y.tobytes()).hexdigest()
    version = "generated" if name == "synthetic" else f"scikit-learn {metadata.version('scikit-learn')}"
    order = np.random.default_rng(seed).permutation(len(points))
    aside = max(1, round(validation_share * len(points)))
    validation, train = (Points(points.x[rows], points.y[rows]) for rows in (order[:aside], order[aside:]))
    return PointDataset(name, version, digest, train, validation)
