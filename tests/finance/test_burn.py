"""The forecast of spending: its fan, the day a limit is crossed, and how often it was right."""

import random
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.burn import FEWEST_MONTHS, TooLittle, pace, whole_months

ON = date(2026, 11, 1)
AHEAD = date(2027, 5, 1)


def of(months, spent=None):
    return pace(months, spent=sum(months) if spent is None else spent, on=ON)


def test_under_four_months_there_is_no_forecast_but_a_reason():
    refused = of([10, 20, 30])
    assert isinstance(refused, TooLittle)
    assert "4 whole months" in refused.reason
    assert "3" in refused.reason


def test_months_without_spending_have_no_pace():
    assert isinstance(of([0, 0, 0, 0]), TooLittle)


def test_steady_months_give_a_line_without_a_fan():
    (fan,) = of([100] * 6).fan((AHEAD,))
    assert fan.p10 == fan.p50 == fan.p90 == pytest.approx(600 + 100 * 181 / 30.4375)


def test_a_limit_is_crossed_on_a_day_of_the_middle_and_sooner_with_the_dear_side():
    crossing = of([80, 120, 90, 110, 100, 100]).crossing(900)
    assert crossing.early < crossing.middle < crossing.late
    assert crossing.middle == date(2027, 1, 31)


def test_a_limit_that_is_crossed_already_is_crossed_today():
    crossing = of([100] * 5).crossing(400)
    assert (crossing.early, crossing.middle, crossing.late) == (ON, ON, ON)


def test_a_limit_far_away_is_not_crossed_in_five_years():
    assert of([100, 90, 110, 100]).crossing(10**9).middle is None


@pytest.mark.parametrize(("limit", "words"), [(1, "nearly sure"), (1190, "may be"), (10**6, "unlikely")])
def test_the_place_of_a_limit_in_the_fan_is_told_in_words(limit, words):
    assert words in of([60, 140, 70, 130, 100, 100]).likelihood(limit + (0 if limit != 1190 else 60), AHEAD)


def test_a_month_without_postings_is_a_month_of_zero():
    spend = [(date(2026, 3, 1), 10), (date(2026, 5, 1), 30), (date(2026, 6, 1), 5)]
    assert whole_months(spend, since=date(2026, 3, 9), on=date(2026, 6, 20)) == [10, 0, 30]


@given(st.lists(st.integers(1, 10**9), min_size=FEWEST_MONTHS, max_size=18), st.integers(1, 10**11))
@settings(max_examples=80)
def test_the_fan_is_ordered_never_falls_and_meets_its_crossing(months, more):
    found = of(months)
    fans = found.fan([date(2027, month, 1) for month in range(1, 12)])
    assert all(found.spent <= fan.p10 <= fan.p50 <= fan.p90 for fan in fans)
    assert all(one.p10 <= other.p10 and one.p90 <= other.p90 for one, other in pairwise(fans))
    crossing = found.crossing(found.spent + more)
    known = [day for day in (crossing.early, crossing.middle, crossing.late) if day]
    assert known == sorted(known)


def _history(rng, kind, count):
    """Months of spending: even, lumpy, with a drift, or each like the one before."""
    level, months = 1000.0, []
    for index in range(count):
        if kind == "even":
            value = rng.gauss(1000, 120)
        elif kind == "lumpy":
            value = 1000 * rng.lognormvariate(0, 0.5)
        elif kind == "drift":
            value = rng.gauss(1000 + 12 * index, 200)
        else:
            level = 1000 + 0.4 * (level - 1000) + rng.gauss(0, 150)
            value = level
        months.append(max(0, round(value)))
    return months


@pytest.mark.parametrize("kind", ["even", "lumpy", "drift", "sticky"])
def test_most_actuals_fall_inside_the_fan(kind):
    """Back-test: forecast three months from each history and look where the truth came to lie."""
    rng, inside, tried = random.Random(7), 0, 400
    for _trial in range(tried):
        months = _history(rng, kind, 15)
        found = of(months[:12])
        truth = sum(months)
        inside += found.after(3, -1) <= truth <= found.after(3, 1)
    assert 0.6 <= inside / tried <= 0.95
