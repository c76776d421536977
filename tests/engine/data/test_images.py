import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.images import as_input, load_images, stratified_order
from engine.recipe import RecipeError

NAMES = {
    "train-images-idx3-ubyte": (60, 28, 28),
    "train-labels-idx1-ubyte": (60,),
    "t10k-images-idx3-ubyte": (20, 28, 28),
    "t10k-labels-idx1-ubyte": (20,),
}


def write_idx(path, array):
    content = struct.pack(f">{1 + array.ndim}I", 0x800 | array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def make_dataset(folder, suffix="", **changes):
    folder.mkdir()
    random = np.random.default_rng(0)
    for name, shape in NAMES.items():
        array = random.integers(0, 10 if len(shape) == 1 else 256, shape)
        write_idx(folder / f"{name}{suffix}", changes.get(name.split("-idx")[0].replace("-", "_"), array))


def load(folder, name="toy", **changes):
    settings = {"validation_share": 0.1, "limit": 0, "seed": 0, **changes}
    return load_images(name, folder, **settings)


def test_a_folder_of_four_files_is_split_into_three(tmp_path):
    make_dataset(tmp_path / "toy")
    data = load(tmp_path)
    assert data.describe()["splits"] == {"train": 54, "validation": 6, "test": 20}
    assert data.version == data.digest[:12]


def test_plain_and_compressed_files_are_the_same_data(tmp_path):
    make_dataset(tmp_path / "toy")
    make_dataset(tmp_path / "packed", suffix=".gz")
    assert load(tmp_path).digest == load(tmp_path, "packed").digest


def test_the_same_seed_gives_the_same_split_and_another_seed_another(tmp_path):
    first, again, other = load(tmp_path, "digits"), load(tmp_path, "digits"), load(tmp_path, "digits", seed=1)
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert not np.array_equal(first.train.labels, other.train.labels)


def test_the_test_split_of_the_digits_is_the_same_for_every_seed(tmp_path):
    first, other = load(tmp_path, "digits"), load(tmp_path, "digits", seed=1, limit=100)
    np.testing.assert_array_equal(first.test.images, other.test.images)
    assert first.digest == other.digest


def test_no_picture_is_in_two_splits_and_none_is_lost(tmp_path):
    data = load(tmp_path, "digits")
    assert [len(s) for s in (data.train, data.validation, data.test)] == [1294, 144, 359]


def test_the_limit_caps_training_and_validation_together(tmp_path):
    data = load(tmp_path, "digits", limit=100, validation_share=0.2)
    assert (len(data.train), len(data.validation), len(data.test)) == (80, 20, 359)
    assert set(data.train.labels) == set(range(10))


def test_a_limit_that_leaves_too_little_is_refused(tmp_path):
    with pytest.raises(RecipeError) as caught:
        load(tmp_path, "digits", limit=10)
    assert caught.value.code == "too_few_rows"


def test_a_data_set_that_is_not_there_is_told_with_the_built_in_one(tmp_path):
    with pytest.raises(RecipeError) as caught:
        load(tmp_path, "absent")
    assert caught.value.code == "missing_dataset"
    assert "'digits'" in caught.value.mend


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_images": np.zeros((60, 14, 14))}, "pictures of 14 x 14, not 28 x 28"),
        ({"t10k_labels": np.zeros(19)}, "holds 20 pictures and t10k-labels-idx1-ubyte 19 labels"),
        ({"train_labels": np.full(60, 10)}, "holds the label 10"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, changes, words):
    make_dataset(tmp_path / "toy", **changes)
    with pytest.raises(RecipeError, match=words) as caught:
        load(tmp_path)
    assert caught.value.code == "corrupt_file"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 5))
def test_a_stratified_order_holds_every_row_once(labels, seed):
    order = stratified_order(np.array(labels, np.uint8), seed)
    assert sorted(order) == list(range(len(labels)))


def test_every_stretch_of_a_stratified_order_holds_the_classes_in_their_shares():
    labels = np.repeat(np.array([0, 1], np.uint8), [900, 100])
    order = stratified_order(labels, seed=0)
    for start in range(0, 1000, 100):
        assert 8 <= labels[order[start : start + 100]].sum() <= 12


def test_pictures_enter_the_network_as_grey_levels_from_zero_to_one():
    rows = as_input(np.array([[[0, 255]]], np.uint8))
    assert rows.dtype == np.float32
    assert rows.tolist() == [[[[0.0, 1.0]]]]


def test_real_mnist_is_read_whole(mnist):
    data = load(mnist, "mnist")
    assert data.describe()["splits"] == {"train": 54_000, "validation": 6_000, "test": 10_000}
    assert np.bincount(data.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
