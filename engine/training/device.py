"""Prepare torch for one run: threads, seed, device."""

import torch

from engine.recipe import RecipeError, Workspace


def prepare_torch(workspace: Workspace, seed: int) -> torch.device:
    """Set threads and seed; return the device to train on. Raises `RecipeError` "no_device" when it is not here."""
    torch.set_num_threads(workspace.threads)
    torch.manual_seed(seed)
    try:
        return torch.zeros((), device=workspace.device).device
    except (RuntimeError, AssertionError) as error:  # torch raises either for a device that is unknown or absent
        fault = f"The device {workspace.device!r} cannot be used on this machine."
        raise RecipeError("no_device", fault, "Start the job on the device 'cpu'.") from error
