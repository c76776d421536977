"""Reader for IDX files, the format of MNIST: big-endian header (magic, one size per dimension), then raw bytes.

Format: http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.recipe import RecipeError

_UNSIGNED_BYTE = 0x08
_LARGEST_BYTES = 2**30  # a header that promises more is damaged or hostile


def find_idx(folder: Path, name: str) -> Path:
    """The file of that name in the folder, plain or .gz; raises `RecipeError` "missing_file"."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise RecipeError(
        "missing_file",
        f"The data set {folder.name} has no file {name} (or {name}.gz).",
        f"Put it into the folder {folder.name!r} of the data sets.",
    )


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes; raises `RecipeError` "corrupt_file" naming the file and the fault."""
    try:
        with _open(path) as stream:
            return parse_idx(stream, dimensions)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecipeError(
            "corrupt_file",
            f"{path.name} is damaged: {error}.",
            f"Fetch the file again and put it into the data set {path.parent.name!r}.",
        ) from error
    except OSError as error:
        raise RecipeError(
            "unreadable_file",
            f"{path.name} of the data set {path.parent.name!r} cannot be read: {error.strerror}.",
            "Let the trainer's user read it.",
        ) from error


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def parse_idx(stream: IO[bytes], dimensions: int) -> NDArray[np.uint8]:
    """The array in a stream of exactly one IDX file; raises ValueError that says what is wrong."""
    header = stream.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions:
        raise ValueError(f"it ends within the header, after {len(header)} bytes")
    magic, *shape = struct.unpack(f">{1 + dimensions}I", header)
    expected = _UNSIGNED_BYTE << 8 | dimensions
    if magic != expected:
        raise ValueError(f"its magic number is {magic:#010x} and {expected:#010x} was expected")
    count = math.prod(shape)
    if not 0 < count <= _LARGEST_BYTES:
        raise ValueError(f"its header promises {count} bytes of data (allowed: 1 to {_LARGEST_BYTES})")
    body = stream.read(count)
    if len(body) < count:
        raise ValueError(f"its header promises {count} bytes of data and {len(body)} follow")
    if stream.read(1):
        raise ValueError(f"bytes follow after the {count} that its header promises")
    return np.frombuffer(body, np.uint8).reshape(shape).copy()  # a copy, because torch wants memory it may write to
