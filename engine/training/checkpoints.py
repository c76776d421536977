"""Checkpoints: what a killed run needs to go on exactly where it was.

One folder per checkpoint, written in one piece: `state.safetensors` for tensors, `state.json` for counters. The last
two are kept, so that a damaged newest one costs an epoch and not the run.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from engine.durable import durable_folder

FOLDER = "checkpoints"
_TENSORS, _COUNTERS = "state.safetensors", "state.json"
_KEEP = 2
_PREFIX = "step-"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and counters that JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    counters: Mapping[str, Any]


def save_checkpoint(folder: Path, step: int, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint below `folder` and drop all but the last two; raises `RecipeError` "disk_full"."""
    target = folder / f"{_PREFIX}{step:09d}"
    # safetensors' own writer hides a full disk in an error of its own kind, so Python writes the bytes
    content = save({name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()})
    counters = {"sha256": hashlib.sha256(content).hexdigest(), "counters": checkpoint.counters}
    with durable_folder(target) as temporary:
        (temporary / _TENSORS).write_bytes(content)
        (temporary / _COUNTERS).write_text(json.dumps(counters, allow_nan=False))
    for old in _newest_first(folder)[_KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def load_newest(place: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest sound checkpoint, or None, and a sentence for every damaged one that was passed over.

    `place` is the folder that holds checkpoints, or one checkpoint in it (then the older ones are its fallback).
    """
    folder = place.parent if place.name.startswith(_PREFIX) else place
    complaints: list[str] = []
    for path in _newest_first(folder):
        if folder != place and path.name > place.name:
            continue
        try:
            return _read(path), complaints
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            complaints.append(f"The checkpoint {path.name} is damaged ({error}); trying the one before.")
    return None, complaints


def _read(path: Path) -> Checkpoint:
    content = (path / _TENSORS).read_bytes()
    sealed = json.loads((path / _COUNTERS).read_text())
    if hashlib.sha256(content).hexdigest() != sealed["sha256"]:
        raise ValueError("checksum differs")
    return Checkpoint(load(content), sealed["counters"])


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}*"), reverse=True)
