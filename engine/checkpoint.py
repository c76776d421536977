"""Checkpoints as files: one folder a step, written in one piece, the last two kept.

`state.json` holds counters and the checksum of `state.safetensors`, where the recipe has tensors to keep. A damaged
newest one costs the steps since the one before and not the run. This module knows no torch.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from engine.durable import durable_folder

FOLDER = "checkpoints"
_TENSORS, _COUNTERS = "state.safetensors", "state.json"
_KEEP = 2
_PREFIX = "step-"
Loaded = TypeVar("Loaded")


def write_checkpoint(folder: Path, step: int, counters: Mapping[str, Any], tensors: bytes = b"") -> Path:
    """Write a checkpoint below `folder` and drop all but the last two; raises `RecipeError` "disk_full"."""
    target = folder / f"{_PREFIX}{step:09d}"
    sealed = {"sha256": hashlib.sha256(tensors).hexdigest(), "counters": counters}
    with durable_folder(target, point="checkpoint") as temporary:
        if tensors:
            (temporary / _TENSORS).write_bytes(tensors)
        (temporary / _COUNTERS).write_text(json.dumps(sealed, allow_nan=False))
    for old in _newest_first(folder)[_KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def read_newest(place: Path, unpack: Callable[[dict[str, Any], bytes], Loaded]) -> tuple[Loaded | None, list[str]]:
    """The newest sound checkpoint as `unpack` makes it, or None, and a sentence for every damaged one passed over.

    `place` is the folder that holds checkpoints, or one checkpoint in it (then the older ones are its fallback).
    """
    folder = place.parent if place.name.startswith(_PREFIX) else place
    complaints: list[str] = []
    for path in _newest_first(folder):
        if folder != place and path.name > place.name:
            continue
        try:
            return unpack(*_read(path)), complaints
        except (OSError, ValueError, KeyError, TypeError) as error:
            complaints.append(f"The checkpoint {path.name} is damaged ({error}); trying the one before.")
    return None, complaints


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    tensors = (path / _TENSORS).read_bytes() if (path / _TENSORS).exists() else b""
    sealed = json.loads((path / _COUNTERS).read_text())
    if hashlib.sha256(tensors).hexdigest() != sealed["sha256"]:
        raise ValueError("checksum differs")
    return sealed["counters"], tensors


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}*"), reverse=True)
