"""Image data sets: ten kinds of 28 x 28 grey pictures, split into training, validation and test."""

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.digits import load_digits
from engine.data.idx import find_idx, read_idx
from engine.recipe import RecipeError

SIZE, CLASSES = 28, 10
BUILT_IN = "digits"
_FEWEST_ROWS = 20
_DIGITS_TEST_SHARE, _DIGITS_TEST_SEED = 0.2, 0  # one test split for every run, so that runs can be compared


@dataclass(frozen=True)
class Split:
    """Pictures [n, 28, 28] with grey levels 0 to 255, and their labels [n] from 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> "Split":
        return Split(self.images[rows], self.labels[rows])


@dataclass(frozen=True)
class ImageDataset:
    """A data set ready for training. `digest` is the SHA-256 of all its pictures and labels."""

    name: str
    version: str
    digest: str
    train: Split
    validation: Split
    test: Split

    def describe(self) -> dict[str, Any]:
        """The facts for `Started` and model.json."""
        splits = {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}
        rows = sum(splits.values())
        return {"name": self.name, "version": self.version, "digest": self.digest, "rows": rows, "splits": splits}


def load_images(name: str, folder: Path, *, validation_share: float, limit: int, seed: int) -> ImageDataset:
    """Read, check and split the data set `name`; `limit` caps training plus validation rows (0 = all).

    Raises `RecipeError` when the data set is missing or damaged, or too small to split.
    """
    learning, test, version = _digits() if name == BUILT_IN else _mnist_files(folder, name)
    digest = _digest(learning, test)
    order = stratified_order(learning.labels, seed)[: limit or None]
    if len(order) < _FEWEST_ROWS:
        raise RecipeError(
            "too_few_rows",
            f"The data set {name} gives {len(order)} pictures to learn from and {_FEWEST_ROWS} are needed.",
            "Raise the limit or choose a larger data set.",
        )
    aside = max(1, round(validation_share * len(order)))
    validation, train = learning.take(order[:aside]), learning.take(order[aside:])
    return ImageDataset(name, version or digest[:12], digest, train, validation, test)


def as_input(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures [n, 28, 28] of bytes as the network takes them: [n, 1, 28, 28], float32 from 0 to 1."""
    return images[:, None].astype(np.float32) / np.float32(255)


def stratified_order(labels: NDArray[np.uint8], seed: int) -> NDArray[np.intp]:
    """A shuffled order of the rows in which every stretch holds the classes in about their overall shares."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    position = np.empty(len(labels))
    for label in np.unique(labels):
        rows = shuffled[labels[shuffled] == label]
        position[rows] = (np.arange(len(rows)) + random.random()) / len(rows)
    return np.argsort(position, kind="stable")


def _digits() -> tuple[Split, Split, str]:
    everything = Split(*load_digits())
    order = stratified_order(everything.labels, _DIGITS_TEST_SEED)
    aside = round(_DIGITS_TEST_SHARE * len(order))
    learning, test = everything.take(order[aside:]), everything.take(order[:aside])
    return learning, test, f"scikit-learn {metadata.version('scikit-learn')}"


def _mnist_files(datasets: Path, name: str) -> tuple[Split, Split, str]:
    folder = datasets / name
    if not folder.is_dir():
        raise RecipeError(
            "missing_dataset",
            f"There is no data set {name!r}: the data-set folder has no such folder in it.",
            f"Put the four MNIST files into a folder {name!r} there, or choose the built-in {BUILT_IN!r}.",
        )
    return _read_split(folder, "train"), _read_split(folder, "t10k"), ""


def _read_split(folder: Path, prefix: str) -> Split:
    image_file = find_idx(folder, f"{prefix}-images-idx3-ubyte")
    label_file = find_idx(folder, f"{prefix}-labels-idx1-ubyte")
    images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
    fault = None
    if images.shape[1:] != (SIZE, SIZE):
        fault = f"{image_file.name} holds pictures of {images.shape[1]} x {images.shape[2]}, not {SIZE} x {SIZE}"
    elif len(images) != len(labels):
        fault = f"{image_file.name} holds {len(images)} pictures and {label_file.name} {len(labels)} labels"
    elif labels.max() >= CLASSES:
        fault = f"{label_file.name} holds the label {labels.max()}, and labels go from 0 to {CLASSES - 1}"
    if fault:
        raise RecipeError(
            "corrupt_file", f"{fault}.", f"Put a matching pair of MNIST files into the data set {folder.name!r}."
        )
    return Split(images, labels)


def _digest(*splits: Split) -> str:
    sha = hashlib.sha256()
    for split in splits:
        for array in (split.images, split.labels):
            sha.update(f"{array.shape}".encode())
            sha.update(array.tobytes())
    return sha.hexdigest()
