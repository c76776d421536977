"""Prepare torch for one run: threads, seed, device."""

import os

import torch

from engine.recipe import RecipeError, Workspace


def prepare_torch(workspace: Workspace, seed: int) -> torch.device:
    """Set threads and seed; return the device to train on. Raises `RecipeError` "no_device" when it is not here."""
    torch.set_num_threads(workspace.threads)
    torch.manual_seed(seed)
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # for sums that do not vary; read when a GPU wakes
    try:
        device = torch.zeros((), device=workspace.device).device
    except (RuntimeError, AssertionError) as error:  # torch raises either for a device that is unknown or absent
        raise _no_device(workspace.device) from error
    if device.type == "cuda":
        _keep_numbers_exact()
    return device


def _keep_numbers_exact() -> None:
    """Kernels that give the same sums each time, in full float32: a GPU may be faster, not different."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def _no_device(name: str) -> RecipeError:
    fault = f"The device {name!r} cannot be used on this machine."
    if name.startswith("cuda"):
        return RecipeError(
            "no_device",
            f"{fault} torch sees no GPU here.",
            "Start the job where torch sees a GPU, or choose the recipe of the same work that takes none.",
        )
    return RecipeError("no_device", fault, "Start the job on the device 'cpu'.")
