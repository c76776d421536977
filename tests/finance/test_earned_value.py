"""Earned value: textbook figures, laws that hold for all figures, and reasons where there is none."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.earned_value import (
    EarnedValue,
    EarningRule,
    Figure,
    Method,
    Planned,
    StageWork,
    earned_schedule,
    earned_value,
    has_schedule_actual,
    planned_value,
    spi_t,
)

START = date(2026, 1, 1)
AMOUNT = st.integers(min_value=1, max_value=10**11)


def of(minor):
    return Figure(Fraction(minor))


def state(pv, ev, ac, bac, **more):
    return EarnedValue(of(pv), of(ev), of(ac), of(bac), **more)


# PMBOK's well-known exercise: BAC 1000, PV 500, EV 400, AC 450
TEXTBOOK = state(500, 400, 450, 1000)


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (TEXTBOOK.cost_variance, -50),
        (TEXTBOOK.schedule_variance, -100),
        (TEXTBOOK.cpi, Fraction(8, 9)),
        (TEXTBOOK.spi, Fraction(4, 5)),
        (TEXTBOOK.estimate_at_completion(Method.TYPICAL), 1125),
        (TEXTBOOK.estimate_at_completion(Method.ATYPICAL), 1050),
        (TEXTBOOK.estimate_at_completion(Method.CPI_SPI), Fraction(450) + 600 / (Fraction(8, 9) * Fraction(4, 5))),
        (TEXTBOOK.estimate_to_complete(Method.TYPICAL), 675),
        (TEXTBOOK.variance_at_completion(Method.TYPICAL), -125),
        (TEXTBOOK.tcpi_bac, Fraction(600, 550)),
        (TEXTBOOK.tcpi_eac(Method.TYPICAL), Fraction(600, 675)),
        (
            replace(TEXTBOOK, estimate_to_complete_bottom_up=of(700)).estimate_at_completion(Method.BOTTOM_UP),
            1150,
        ),
    ],
)
def test_the_textbook_s_figures_come_out(figure, value):
    assert figure.value == value


def test_the_estimate_at_completion_is_whole_minor_units_on_the_page():
    assert TEXTBOOK.estimate_at_completion(Method.CPI_SPI).minor == 1294


def months(count, minor):
    return [
        Planned(START + timedelta(days=30 * index), START + timedelta(days=30 * (index + 1)), minor)
        for index in range(count)
    ]


def test_the_plan_grows_evenly_inside_a_period():
    assert planned_value(months(2, 900), START + timedelta(days=40)).value == 900 + 300


def test_earned_schedule_is_the_time_at_which_the_plan_stood_where_the_work_stands():
    # Lipke: two and a half periods earned after three have gone by
    plan = months(10, 100)
    assert earned_schedule(plan, of(250)).value == 75
    assert spi_t(plan, of(250), START + timedelta(days=90)).value == Fraction(75, 90)


def test_a_late_project_keeps_its_delay_in_spi_t_where_spi_creeps_to_one():
    plan, late = months(10, 100), START + timedelta(days=450)
    done = state(planned_value(plan, late).value, 1000, 1000, 1000)
    assert done.spi.value == 1
    assert spi_t(plan, of(1000), late).value == Fraction(300, 450)


def stage(**more):
    return StageWork(name="Training", budget_minor=1000, **more)


@pytest.mark.parametrize(
    ("rule", "work", "earned"),
    [
        (EarningRule.ZERO_HUNDRED, stage(is_started=True), 0),
        (EarningRule.ZERO_HUNDRED, stage(is_started=True, is_finished=True), 1000),
        (EarningRule.FIFTY_FIFTY, stage(is_started=True), 500),
        (EarningRule.FIFTY_FIFTY, stage(), 0),
        (EarningRule.PERCENT_COMPLETE, stage(is_started=True, percent_complete=0.3), 300),
        (EarningRule.METRIC_BASED, stage(is_started=True, way=0.4), 400),
        (EarningRule.METRIC_BASED, stage(is_started=True, way=-0.2), 0),
        (EarningRule.METRIC_BASED, stage(is_started=True, way=1.7), 1000),
        (EarningRule.METRIC_BASED, stage(is_started=True, is_finished=True), 1000),
    ],
)
def test_a_stage_earns_by_its_rule(rule, work, earned):
    assert earned_value([work], rule).value == earned


def test_a_stage_that_nobody_measured_has_no_earned_value_but_a_reason():
    figure = earned_value([stage(is_started=True)], EarningRule.METRIC_BASED)
    assert figure.value is None
    assert "No KPI has been measured" in figure.reason


def test_an_unknown_stage_without_money_does_not_stand_in_the_way():
    free = StageWork("Data", 0, is_started=True)
    assert earned_value([free, stage(is_finished=True)], EarningRule.METRIC_BASED).value == 1000


def test_without_an_independent_schedule_there_is_no_schedule_index():
    read_from_cost = [stage(is_started=True, percent_complete=0.4, percent_from_cost=True)]
    assert not has_schedule_actual(read_from_cost, EarningRule.PERCENT_COMPLETE)
    assert has_schedule_actual(read_from_cost, EarningRule.FIFTY_FIFTY)
    refused = replace(TEXTBOOK, has_schedule=False)
    for figure in (
        refused.spi,
        refused.schedule_variance,
        refused.estimate_at_completion(Method.CPI_SPI),
        spi_t(months(3, 100), of(10), START, has_schedule=False),
    ):
        assert figure.value is None
        assert "cost index again" in figure.reason
    assert refused.cpi.value is not None


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (state(0, 0, 10, 100).spi, "Nothing was planned"),
        (state(10, 0, 0, 100).cpi, "Nothing has been spent"),
        (state(10, 50, -10, 100).cpi, "More was credited than spent"),
        (state(10, 50, -10, 100).estimate_at_completion(Method.TYPICAL), "More was credited than spent"),
        (state(10, 0, 10, 100).estimate_at_completion(Method.TYPICAL), "Nothing has been earned"),
        (state(10, 0, 10, 100).estimate_at_completion(Method.CPI_SPI), "Nothing has been earned"),
        (state(10, 5, 100, 100).tcpi_bac, "used up"),
        (state(10, 10, 10, 10).tcpi_eac(Method.TYPICAL), "nothing is left"),
        (planned_value([], START), "No plan by period"),
        (earned_schedule([], of(1)), "No plan by period"),
        (earned_value([], EarningRule.ZERO_HUNDRED), "No money is planned"),
        (spi_t(months(2, 10), of(1), START), "has not begun"),
    ],
)
def test_a_figure_without_its_data_is_none_and_says_why(figure, words):
    assert figure.value is None
    assert words in figure.reason


def test_the_first_missing_figure_is_the_reason_of_all_that_hang_on_it():
    blind = replace(TEXTBOOK, earned_value=Figure(None, "nobody measured"))
    assert {blind.cpi.reason, blind.cost_variance.reason, blind.estimate_at_completion(Method.TYPICAL).reason} == {
        "nobody measured"
    }


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
@settings(max_examples=60)
def test_the_formulas_agree_with_each_other(pv, ev, ac, bac):
    now = state(pv, ev, ac, bac)
    assert now.cost_variance.value == ev - ac
    assert (now.cpi.value > 1) == (now.cost_variance.value > 0)
    assert (now.spi.value > 1) == (now.schedule_variance.value > 0)
    for method in (Method.TYPICAL, Method.ATYPICAL, Method.CPI_SPI):
        estimate = now.estimate_at_completion(method).value
        assert now.estimate_to_complete(method).value == estimate - ac
        assert now.variance_at_completion(method).value == bac - estimate
    assert state(pv, ev, ev, bac).estimate_at_completion(Method.TYPICAL).value == bac


@given(st.lists(AMOUNT, min_size=1, max_size=8), st.fractions(min_value=0, max_value=1))
@settings(max_examples=60)
def test_the_plan_stands_at_the_earned_value_on_the_day_of_the_earned_schedule(amounts, share):
    plan = [
        Planned(START + timedelta(days=30 * index), START + timedelta(days=30 * index + 30), minor)
        for index, minor in enumerate(amounts)
    ]
    earned = share * sum(amounts)
    days = earned_schedule(plan, of(earned)).value
    floor, ceiling = (planned_value(plan, START + timedelta(days=int(days) + more)).value for more in (0, 1))
    assert floor <= earned <= ceiling
