"""Prepare torch for one run: threads, seed, device."""

import torch

from engine.recipe import RecipeError, Workspace


def prepare_torch(workspace: Workspace, seed: int) -> torch.device:
    """Set threads and seed; return the device to train on. Raises `RecipeError` "no_device" when it is not here."""
    torch.set_num_threads(workspace.threads)
    torch.manual_seed(seed)
    if workspace.device.startswith("cuda") and not torch.cuda.is_available():
        raise RecipeError("no_device", "This machine has no usable NVIDIA GPU.", "Start the job on the device 'cpu'.")
    return torch.device(workspace.device)
