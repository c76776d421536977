import numpy as np
import pytest

from engine.data.digits import bilinear_weights, enlarge, load_digits


def test_the_digits_are_28_by_28_bytes():
    images, labels = load_digits()
    assert images.shape == (1797, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert images.max() > 240
    assert set(labels) == set(range(10))


def test_the_shares_of_every_new_pixel_sum_to_one():
    np.testing.assert_allclose(bilinear_weights(8, 28).sum(axis=1), 1)


def test_a_flat_picture_stays_flat_and_a_mirrored_one_stays_mirrored():
    np.testing.assert_allclose(enlarge(np.full((1, 8, 8), 7.0), 28), 7.0)
    picture = np.random.default_rng(0).random((1, 8, 8))
    np.testing.assert_allclose(enlarge(picture[:, :, ::-1], 28), enlarge(picture, 28)[:, :, ::-1])


def test_it_is_the_interpolation_of_torch():
    torch = pytest.importorskip("torch")
    pictures = np.random.default_rng(0).random((3, 8, 8))
    expected = torch.nn.functional.interpolate(torch.from_numpy(pictures[:, None]), size=28, mode="bilinear")
    np.testing.assert_allclose(enlarge(pictures, 28), expected[:, 0].numpy(), atol=1e-12)
