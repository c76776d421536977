import numpy as np

from engine.data.points import diabetes_points, split_points, synthetic_points


def points(**changes):
    return synthetic_points(**{"rows": 100, "weight": 2.0, "bias": -1.0, "noise": 0.0, "seed": 0, **changes})


def test_without_noise_the_points_lie_on_the_line():
    cloud = points()
    np.testing.assert_allclose(cloud.y, 2 * cloud.x - 1)


def test_the_noise_has_the_standard_deviation_asked_for():
    cloud = points(rows=20_000, noise=3.0)
    assert abs(np.std(cloud.y - (2 * cloud.x - 1)) - 3.0) < 0.1


def test_the_same_seed_gives_the_same_points():
    assert split("synthetic", points()).digest == split("synthetic", points()).digest
    assert split("synthetic", points()).digest != split("synthetic", points(seed=1)).digest


def split(name, cloud):
    return split_points(name, cloud, validation_share=0.2, seed=0)


def test_the_split_loses_no_row():
    data = split("synthetic", points())
    assert data.describe()["splits"] == {"train": 80, "validation": 20}
    assert sorted([*data.train.x, *data.validation.x]) == sorted(points().x)


def test_the_diabetes_data_has_442_patients():
    cloud = diabetes_points()
    assert len(cloud) == 442
    assert 0.58 < np.corrcoef(cloud.x, cloud.y)[0, 1] < 0.59
