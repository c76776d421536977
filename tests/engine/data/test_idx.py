import contextlib
import gzip
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.idx import find_idx, parse_idx, read_idx
from engine.recipe import RecipeError


def as_idx(array: np.ndarray) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", 0x800 | array.ndim, *array.shape) + array.tobytes()


arrays = st.integers(1, 3).flatmap(
    lambda n: hnp.arrays(np.uint8, hnp.array_shapes(min_dims=n, max_dims=n, min_side=1, max_side=5))
)


@given(arrays)
def test_what_is_written_is_what_is_read(array):
    np.testing.assert_array_equal(parse_idx(io.BytesIO(as_idx(array)), array.ndim), array)


@given(arrays, st.data())
def test_a_file_cut_anywhere_is_refused(array, data):
    content = as_idx(array)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError):
        parse_idx(io.BytesIO(content[:cut]), array.ndim)


@given(arrays, st.binary(min_size=1, max_size=4))
def test_bytes_after_the_end_are_refused(array, extra):
    with pytest.raises(ValueError, match="bytes follow after"):
        parse_idx(io.BytesIO(as_idx(array) + extra), array.ndim)


@given(st.binary(max_size=64), st.integers(1, 3))
def test_arbitrary_bytes_are_read_or_refused_but_never_crash(content, dimensions):
    with contextlib.suppress(ValueError):
        parse_idx(io.BytesIO(content), dimensions)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "within the header, after 0 bytes"),
        (struct.pack(">2I", 0x803, 1) + b"1", "magic number is 0x00000803 and 0x00000801 was expected"),
        (struct.pack(">2I", 0x801, 0), "promises 0 bytes"),
        (struct.pack(">2I", 0x801, 2**32 - 1), "promises 4294967295 bytes"),
        (struct.pack(">2I", 0x801, 9) + b"1", "promises 9 bytes of data and 1 follow"),
    ],
)
def test_the_fault_is_named(content, words):
    with pytest.raises(ValueError, match=words):
        parse_idx(io.BytesIO(content), 1)


def test_a_plain_and_a_compressed_file_read_alike(tmp_path):
    labels = np.arange(5, dtype=np.uint8)
    (tmp_path / "labels").write_bytes(as_idx(labels))
    (tmp_path / "labels.gz").write_bytes(gzip.compress(as_idx(labels)))
    np.testing.assert_array_equal(read_idx(tmp_path / "labels", 1), read_idx(tmp_path / "labels.gz", 1))


def broken_gzip_files():
    whole = gzip.compress(as_idx(np.arange(200, dtype=np.uint8)))
    return {
        "not gzip": as_idx(np.arange(5, dtype=np.uint8)),
        "cut": whole[:-20],
        "wrong checksum": whole[:-8] + b"\0\0\0\0" + whole[-4:],
        "damaged stream": whole[:12] + b"\xff\xff\xff\xff" + whole[16:],
    }


@pytest.mark.parametrize("content", broken_gzip_files().values(), ids=broken_gzip_files())
def test_a_broken_gzip_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "labels.gz").write_bytes(content)
    with pytest.raises(RecipeError, match=r"labels\.gz is damaged") as caught:
        read_idx(tmp_path / "labels.gz", 1)
    assert caught.value.code == "corrupt_file"


def test_a_folder_in_place_of_a_file_is_told_as_unreadable(tmp_path):
    with pytest.raises(RecipeError) as caught:
        read_idx(tmp_path, 1)
    assert caught.value.code == "unreadable_file"


def test_a_missing_file_is_told_with_the_place_to_put_it(tmp_path):
    with pytest.raises(RecipeError) as caught:
        find_idx(tmp_path, "train-labels-idx1-ubyte")
    assert caught.value.code == "missing_file"
    assert tmp_path.name in caught.value.mend
