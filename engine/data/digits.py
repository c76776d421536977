"""The digits of scikit-learn (1 797 pictures of 8 x 8), enlarged to 28 x 28: a data set that needs no download."""

import numpy as np
from numpy.typing import NDArray


def load_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures [1797, 28, 28] with grey levels 0 to 255, and labels [1797] from 0 to 9."""
    from sklearn.datasets import load_digits as load  # slow to import, and only this data set needs it

    small, labels = load(return_X_y=True)
    large = enlarge(small.reshape(-1, 8, 8) * (255 / 16), 28)  # scikit-learn's grey levels go from 0 to 16
    return large.round().astype(np.uint8), labels.astype(np.uint8)


def enlarge(images: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Square images [n, k, k] scaled to [n, size, size] by bilinear interpolation, one axis after the other."""
    weights = bilinear_weights(images.shape[-1], size)
    return weights @ images @ weights.T


def bilinear_weights(old: int, new: int) -> NDArray[np.float64]:
    """Matrix [new, old] whose row i holds the shares of the old pixels in new pixel i; rows sum to 1.

    Pixel centres lie at half-integers, as in OpenCV and in torch with align_corners=False; edges repeat.
    """
    centre = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.minimum(centre.astype(int), old - 2)
    share = centre - left
    weights = np.zeros((new, old))
    weights[np.arange(new), left] = 1 - share
    weights[np.arange(new), left + 1] = share
    return weights
