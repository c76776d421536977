"""NPV, IRR and their kin against an independent library, a naive recomputation and hand-made cases."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import pytest
import pyxirr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outcomes.appraisal import Flow, appraise, irr, npv, payback, rnpv, roi

MONEY = st.integers(-(10**11), 10**11)
RATE = st.integers(0, 5_000).map(lambda bp: Decimal(bp) / 10_000)
INVESTMENT = st.tuples(st.integers(-(10**9), -100), st.lists(st.integers(1, 10**9), min_size=1, max_size=20)).map(
    lambda parts: [parts[0], *parts[1]]
)


def exact_npv(net, rate, weights=None):
    """The sum as it stands in the books, in exact fractions."""
    weights = weights or [100] * len(net)
    base = 1 + Fraction(rate)
    return sum(Fraction(flow * p, 100) / base**year for year, (flow, p) in enumerate(zip(net, weights, strict=True)))


@given(net=st.lists(MONEY, min_size=1, max_size=31), rate=RATE)
@settings(max_examples=150)
def test_npv_is_that_of_the_books_rounded_once(net, rate):
    assert npv(net, rate).value == round(exact_npv(net, rate))


@given(net=st.lists(MONEY, min_size=1, max_size=31), rate=RATE)
@settings(max_examples=100)
def test_npv_agrees_with_pyxirr(net, rate):
    assert float(npv(net, rate).value) == pytest.approx(pyxirr.npv(float(rate), net), rel=1e-9, abs=1.0)


@given(net=INVESTMENT)
@settings(max_examples=100)
def test_irr_brings_the_flows_to_zero(net):
    """At the rate the exact NPV changes its sign within a millionth of the rate."""
    rate, step = irr(net).value, Decimal("0.000001")
    assume(rate - step > -1)
    assert exact_npv(net, rate - step) >= 0 >= exact_npv(net, rate + step)


@given(net=INVESTMENT)
@settings(max_examples=100)
def test_irr_agrees_with_pyxirr(net):
    ours, theirs = irr(net).value, pyxirr.irr(net)
    if theirs is not None and -0.99 < theirs < 100:
        assert float(ours) == pytest.approx(theirs, rel=1e-5, abs=2e-6)


@pytest.mark.parametrize(
    ("net", "rate"),
    [([-100, 110], "0.10"), ([-100, 0, 121], "0.10"), ([-100, 50], "-0.50"), ([0, -100, 110, 0], "0.10")],
)
def test_irr_by_hand(net, rate):
    assert irr(net).value == Decimal(rate)


@pytest.mark.parametrize(
    ("net", "word"),
    [
        ([], "one way"),
        ([0, 0], "one way"),
        ([-100, -5], "one way"),
        ([100, 5], "one way"),
        ([-100, 230, -132], "several"),  # 10 % and 20 %
        ([100, -220, 121], "several"),  # touches zero at 10 %
        ([100, -100, 100], "No rate"),
    ],
)
def test_irr_is_refused_with_a_reason(net, word):
    figure = irr(net)
    assert figure.value is None
    assert word in figure.reason


def test_one_root_is_found_though_the_flows_turn_twice():
    """A large outlay at the end leaves one rate only: Descartes allows three, Sturm counts one."""
    net = [-1000, 800, -100, 900]
    assert float(irr(net).value) == pytest.approx(pyxirr.irr(net), abs=1e-6)


@given(
    net=st.lists(MONEY, min_size=1, max_size=12), p=st.lists(st.integers(0, 100), min_size=12, max_size=12), rate=RATE
)
@settings(max_examples=100)
def test_risk_adjusted_npv_weighs_each_year(net, p, rate):
    weights = p[: len(net)]
    assert rnpv(net, weights, rate).value == round(exact_npv(net, rate, weights))
    assert rnpv(net, [100] * len(net), rate) == npv(net, rate)


@given(net=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20))
@settings(max_examples=150)
def test_payback_is_where_the_money_is_back_for_good(net):
    figure, sums = payback(net), list(accumulate(net))
    if min(sums) >= 0 or sums[-1] < 0:
        assert figure.value is None
        assert figure.reason
        return
    year = int(figure.value)
    assert all(total >= 0 for total in sums[year + 1 :])
    assert any(total < 0 for total in sums[: year + 1])


def test_payback_within_a_year_is_even():
    assert payback([-100, 40, 40, 40]).value == Decimal("2.5")


@given(net=INVESTMENT, rate=RATE)
@settings(max_examples=50)
def test_discounted_payback_never_comes_before_the_plain_one(net, rate):
    plain, discounted = payback(net).value, payback(net, rate).value
    assert discounted is None or discounted >= plain


def test_roi_relates_the_gain_to_the_cost():
    assert roi(150, 100).value == Decimal("0.5")
    assert roi(0, 100).value == -1
    assert roi(5, 0).value is None
    assert roi(5, 0).reason


def test_a_case_is_appraised_as_a_whole():
    """-1000.00 now, 600.00 less 100.00 a year for three years at 10 %, believed by half."""
    flows = [Flow(0, 100_000, 0), *(Flow(year, 10_000, 60_000, 50) for year in (1, 2, 3))]
    found = appraise(flows, Decimal("0.10"))
    assert found.npv.value == 24_343
    assert found.rnpv.value == -37_829
    assert found.roi.value == Decimal("0.3846153846153846153846153846")
    assert found.payback.value == 2
    assert found.irr.value == Decimal("0.233752")
    assert Decimal("2.35") < found.discounted_payback.value < Decimal("2.36")


def test_years_that_are_not_named_are_empty():
    assert appraise([Flow(0, 100, 0), Flow(2, 0, 121)], Decimal("0.10")).npv.value == 0


def test_a_case_without_years_has_no_figures():
    found = appraise([], Decimal("0.10"))
    for figure in (found.npv, found.irr, found.roi, found.payback, found.discounted_payback, found.rnpv):
        assert figure.value is None
        assert figure.reason


def test_a_rate_of_minus_one_is_refused():
    with pytest.raises(ValueError):
        npv([1, 2], Decimal(-1))
