import pytest

from portal.templatetags.job_pages import amount_range


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (2_100, 6_400, "0.0021–0.0064"),
        (6_400, 6_400, "0.0064"),
        (10, 60, "under 0.0001"),
        (0, 0, "0.00"),
        (5_160_000, 6_160_000, "5.16–6.16"),
    ],
)
def test_a_price_is_a_range_and_never_nothing_where_it_is_only_small(low, high, words):
    assert amount_range(low, high) == words
