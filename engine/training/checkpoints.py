"""Checkpoints with tensors: what a killed training needs to go on exactly where it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from engine.checkpoint import read_newest, write_checkpoint


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and counters that JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    counters: Mapping[str, Any]


def save_checkpoint(folder: Path, step: int, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint below `folder`; raises `RecipeError` "disk_full"."""
    # safetensors' own writer hides a full disk in an error of its own kind, so Python writes the bytes
    content = save({name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()})
    return write_checkpoint(folder, step, checkpoint.counters, content)


def load_newest(place: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest sound checkpoint, or None, and a sentence for every damaged one that was passed over."""
    return read_newest(place, _unpack)


def _unpack(counters: dict[str, Any], content: bytes) -> Checkpoint:
    try:
        return Checkpoint(load(content), counters)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
