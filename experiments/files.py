"""The files of a model on disk, as its manifest lists them."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from experiments.models import ModelVersion

MANIFEST = "model.json"


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: its name, size and digest."""

    name: str
    size_bytes: int
    sha256: str


def model_files(model: ModelVersion) -> list[ModelFile]:
    """What the manifest lists, the manifest itself last; empty when the folder is no longer there."""
    folder = model_folder(model)
    try:
        text = (folder / MANIFEST).read_text("utf-8")
        listed = [
            ModelFile(name, facts["bytes"], facts["sha256"])
            for name, facts in sorted(json.loads(text)["files"].items())
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [*listed, ModelFile(MANIFEST, len(text.encode()), "")]


def model_folder(model: ModelVersion) -> Path:
    return Path(settings.JOBS_DIR) / model.path


def path_of(model: ModelVersion, name: str) -> Path | None:
    """The path of a listed file; None for any other name, so that no name can lead out of the folder."""
    path = model_folder(model) / name
    return path if any(file.name == name for file in model_files(model)) and path.is_file() else None
