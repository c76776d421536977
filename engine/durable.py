"""Folders that are either complete or absent, whatever is killed or filled up while they are written."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import failpoint
from engine.recipe import RecipeError

FLOOR_BYTES = 64 * 2**20  # the file system keeps this much, so that databases and logs beside us can still write
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def durable_folder(target: Path, *, point: str) -> Iterator[Path]:
    """Yield a temporary folder beside `target`; on success flush it to disk and rename it to `target`.

    Raises `RecipeError` "disk_full" when there is no room, before or while writing. A `target` already there is
    replaced. `point` names the fail points on either side of the rename.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    ensure_room(target.parent)
    temporary = partial(target)
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        yield temporary
        for path in [*temporary.iterdir(), temporary]:
            _flush(path)
        failpoint.reach(f"{point}.before_rename")
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
        failpoint.reach(f"{point}.after_rename")
        _flush(target.parent)
    except OSError as error:
        raise as_disk_full(error, target.parent) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def partial(target: Path) -> Path:
    """The folder in which `target` is written before it is whole."""
    return target.with_name(f".{target.name}.partial")


def ensure_room(folder: Path) -> None:
    """Raise `RecipeError` "disk_full" when the file system of `folder` has less than the floor left."""
    free = shutil.disk_usage(folder).free
    if free < FLOOR_BYTES:
        raise _disk_full(folder, f"{free / 2**20:.0f} MiB are free and {FLOOR_BYTES / 2**20:.0f} MiB are needed")


def as_disk_full(error: OSError, folder: Path) -> Exception:
    """The `RecipeError` "disk_full" when that is what the error of the file system means, else the error itself."""
    return _disk_full(folder, "the disk or its quota is used up") if error.errno in _FULL else error


def _disk_full(folder: Path, cause: str) -> RecipeError:
    return RecipeError("disk_full", f"Cannot write to {folder}: {cause}.", "Free some space and start the job again.")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
