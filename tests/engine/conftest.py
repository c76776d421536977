"""What the engine's tests share: a way to run a recipe in this process, and one trained parent for all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch

from engine.events import Event, Finished
from engine.recipe import Workspace
from engine.recipes import get_recipe

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"  # beside the project, where it was put there
MNIST = Path(os.environ.get("MNIST_DIR", BESIDE))
TINY = {
    "linear-regression": {"epochs": 50, "rows": 40},
    "image-classifier": {"epochs": 2, "limit": 200},
    "image-classifier-gpu": {"epochs": 2, "limit": 200},
    "quantization": {"calibration_images": 16, "rounds": 5},
    "probe": {"steps": 5, "seconds": 0.1},
}

Run = Callable[..., list[Event]]


@pytest.fixture(scope="session")
def tiny_params() -> dict[str, dict[str, float]]:
    """Parameters with which each recipe ends in a second or two."""
    return TINY


@pytest.fixture(scope="session")
def run_recipe() -> Run:
    """Run a recipe with plain parameters; returns its events."""

    def run(slug: str, params: dict, root: Path, **workspace) -> list[Event]:
        recipe = get_recipe(slug)
        workspace.setdefault("datasets", root / "no-datasets")
        return list(recipe.run(recipe.parse(params), Workspace(root=root, **workspace)))

    return run


@pytest.fixture(scope="session")
def classifier(run_recipe: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """The artifact folder of a small trained classifier, and the events of its run."""
    root = tmp_path_factory.mktemp("classifier")
    events = run_recipe("image-classifier", TINY["image-classifier"], root)
    return root / "artifact", events


@pytest.fixture(scope="session")
def finished() -> Callable[[list[Event]], Finished]:
    """The `Finished` event at the end of a run."""

    def last(events: list[Event]) -> Finished:
        assert isinstance(events[-1], Finished)
        return events[-1]

    return last


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder that holds the data set "mnist"; the project does not ship it."""
    if not MNIST.is_dir():
        pytest.skip(f"the MNIST files are not at {MNIST} (set MNIST_DIR)")
    return MNIST.parent
