import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training.scores import confusion_matrix, wilson_interval


def test_the_interval_is_the_one_published_for_a_known_case():
    # 81 of 263: Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_zero_and_one(counts):
    low, high = wilson_interval(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1


def test_no_trial_gives_no_interval():
    with pytest.raises(ValueError, match="at least one trial"):
        wilson_interval(0, 0)


def test_the_confusion_matrix_has_the_truth_in_rows():
    matrix = confusion_matrix(np.array([0, 0, 1], np.uint8), np.array([0, 1, 1]), 3)
    assert matrix == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_the_confusion_matrix_does_not_overflow_the_bytes_of_its_labels():
    matrix = confusion_matrix(np.full(3, 99, np.uint8), np.full(3, 99), 100)
    assert matrix[99][99] == 3
