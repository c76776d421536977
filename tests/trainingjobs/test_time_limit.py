import pytest

from trainingjobs.time_limit import stop_at_limit


@pytest.mark.parametrize(
    ("limit_s", "expected"),
    [(None, None), (1, "probable"), (10, "probable"), (10.1, "possible"), (20, "possible"), (20.1, None)],
)
def test_beyond_the_median_a_stop_is_probable_and_beyond_the_p90_possible(limit_s, expected):
    assert stop_at_limit(limit_s, seconds_mid=10, seconds_high=20) == expected


@pytest.mark.parametrize(("limit_s", "expected"), [(5, "probable"), (10, "probable"), (15, "possible"), (25, None)])
def test_a_forecast_that_was_cut_already_says_the_same(limit_s, expected):
    assert stop_at_limit(limit_s, seconds_mid=min(10, limit_s), seconds_high=min(20, limit_s)) == expected
