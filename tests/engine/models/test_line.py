import numpy as np
import pytest
from sklearn.metrics import r2_score

from engine.data.points import Points
from engine.models.line import Line, least_squares

CLOUD = Points(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 6.0]))


def test_the_loss_is_half_the_mean_squared_error():
    assert Line(1.0, 1.0).loss(CLOUD) == pytest.approx(9 / 6)


def test_least_squares_finds_the_line_worked_out_by_hand():
    line = least_squares(CLOUD)
    assert (line.weight, line.bias) == pytest.approx((2.5, 0.5))


def test_r2_is_that_of_scikit_learn():
    line = Line(2.0, 1.0)
    assert line.r2(CLOUD) == pytest.approx(r2_score(CLOUD.y, line.weight * CLOUD.x + line.bias))


def test_r2_of_constant_data_is_one_or_zero():
    flat = Points(np.array([0.0, 1.0]), np.array([2.0, 2.0]))
    assert Line(0.0, 2.0).r2(flat) == 1.0
    assert Line(0.0, 1.0).r2(flat) == 0.0


def test_the_relative_distance_is_measured_in_the_norm_of_the_exact_line():
    assert Line(3.0, 4.5).relative_distance(Line(3.0, 4.0)) == pytest.approx(0.1)
    assert Line(0.0, 0.0).relative_distance(Line(0.0, 0.0)) == 0.0
