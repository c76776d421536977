"""What a metric is worth, checked by hand: the formula, its interval, and which run and contract count."""

import math
import random
import statistics

import pytest
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from experiments.models import Dataset
from outcomes.models import ValueContract
from outcomes.sensitivity import fit
from outcomes.services import define_kpi, sign_contract
from outcomes.value import (
    Z90,
    _product_sd,
    best_run,
    degrees_of_product,
    higher_is_better,
    net_minor,
    project_values,
    t90,
    value_of,
)


def test_a_value_calculated_by_hand(contract, make_run):
    """7.0 points fewer x 4.38 M parcels x EUR 0.01458 a point = 447,022.80; less 31,400 upkeep."""
    value = value_of(contract, make_run(0.941))
    assert value.effect == pytest.approx(-7.0)
    assert value.gross_minor == 44_702_280
    assert value.net_minor == 41_562_280
    assert value.net_minor == net_minor(contract, 0.941)
    assert (value.metric_value, value.currency) == (0.941, "EUR")


def test_a_kpi_that_should_rise_gains_when_it_rises(project, engineer, draft, make_run):
    taken = define_kpi(project=project, name="Offers taken", unit="%", direction="higher", baseline=33, target=39,
                       owner=engineer, by=engineer)  # fmt: skip
    value = value_of(draft(taken, sensitivity=100.0, upkeep_minor=0), make_run(0.941))
    assert value.effect == pytest.approx(7.0)
    assert value.gross_minor == 44_702_280


def test_a_model_worse_than_today_loses_money(contract, make_run):
    value = value_of(contract, make_run(0.861))
    assert value.gross_minor == -6_386_040  # one point more misread
    assert value.net_minor == -6_386_040 - 3_140_000


@pytest.mark.parametrize(("currency", "gross"), [("JPY", 447_023), ("EUR", 44_702_280), ("KWD", 447_022_800)])
def test_money_is_rounded_once_to_the_minor_unit(draft, make_run, currency, gross):
    assert value_of(draft(currency=currency), make_run(0.941)).gross_minor == gross


def test_three_seeds_give_the_interval_by_hand(contract, make_run):
    """sd of 0.941, 0.938, 0.940 is 0.0015275; a point is EUR 63,860.40; P10 and P90 lie t(0.9, 2) = 1.8856 sd away."""
    best, *_others = make_run(0.941, 1), make_run(0.938, 2), make_run(0.940, 3)
    value = value_of(contract, best)
    assert value.seeds == 3
    assert value.metric_sd == pytest.approx(0.00152753, rel=1e-5)
    reach = 1.8856180831641267 * 100 * math.sqrt(7 / 3) * 0.001 * 6_386_040
    assert value.high_minor - value.net_minor == value.net_minor - value.low_minor == round(reach)
    assert "3 seeds" in value.method


def test_the_spread_of_the_sensitivity_counts_too(draft, make_run):
    """Var(s d) = s2 Var(d) + d2 Var(s) + Var(s) Var(d) with s = -100 +- 8 and d = 0.07 +- 0.0021213."""
    best, _other = make_run(0.941, 1), make_run(0.938, 2)
    value = value_of(draft(sensitivity_sd=8.0), best)
    d, d_sd = 0.07, 0.003 / math.sqrt(2)
    sd = math.sqrt(100**2 * d_sd**2 + d**2 * 8**2 + 8**2 * d_sd**2)
    degrees = sd**4 / ((100**2 + 8**2) * d_sd**2) ** 2  # of one, of the two seeds, but for what the agreed sd adds
    assert value.degrees == pytest.approx(degrees)
    assert value.high_minor - value.net_minor == pytest.approx(t.ppf(0.9, degrees) * sd * 6_386_040, abs=1)


SEVEN_OF_TEN, FEW_PER_CENT = 0.72, 0.03


def coverage(interval, truth, tries=4000):
    """The share of seeded tries in which the interval holds the truth: by Student's t, by the normal distribution."""
    draw = random.Random(20_261_122)
    found = [interval(draw) for _try in range(tries)]
    by_t = sum(abs(middle - truth) <= t90(degrees) * sd for middle, sd, degrees in found)
    by_normal = sum(abs(middle - truth) <= Z90 * sd for middle, sd, _degrees in found)
    return by_t / tries, by_normal / tries


def test_of_four_models_the_interval_holds_eight_of_ten_and_would_hold_fewer_by_the_normal_distribution():
    """The worth of a metric that is known, by a slope of -100 that is estimated."""

    def interval(draw):
        line = fit([(x, 7 - 100 * (x - 0.9) + draw.gauss(0, 0.5)) for x in (0.90, 0.92, 0.93, 0.95)])
        degrees = degrees_of_product(line.slope, line.standard_error, 0.07, 0.0, line.n - 2, math.inf)
        return 0.07 * line.slope, _product_sd(line.slope, line.standard_error, 0.07, 0.0), degrees

    right, narrow = coverage(interval, -7.0)
    assert right == pytest.approx(0.8, abs=FEW_PER_CENT)
    assert narrow < SEVEN_OF_TEN


def test_of_four_seeds_and_four_models_the_interval_holds_eight_of_ten():
    def interval(draw):
        line = fit([(x, 7 - 100 * (x - 0.9) + draw.gauss(0, 0.5)) for x in (0.90, 0.92, 0.93, 0.95)])
        change, sd = draw.gauss(0.07, 0.01), statistics.stdev(draw.gauss(0.07, 0.01) for _seed in range(4))
        parts = (line.slope, line.standard_error, change, sd)
        return line.slope * change, _product_sd(*parts), degrees_of_product(*parts, line.n - 2, 3)

    right, narrow = coverage(interval, -7.0)
    assert right == pytest.approx(0.8, abs=2 * FEW_PER_CENT)
    assert narrow < right - FEW_PER_CENT


def test_what_is_agreed_and_known_keeps_the_normal_distribution(draft, make_run):
    value = value_of(draft(sensitivity_sd=8.0), make_run(0.941))
    assert value.degrees == math.inf
    assert "agreed" in value.method
    assert "∓1.2816 deviations, normal distribution" in value.method


@given(first=st.floats(-1e3, 1e3), second=st.floats(-1e3, 1e3), sds=st.lists(st.floats(0, 1e3), min_size=4, max_size=4))
def test_a_wider_spread_never_narrows_the_interval(first, second, sds):
    narrow_first, wide_first = sorted(sds[:2])
    narrow_second, wide_second = sorted(sds[2:])
    narrow = _product_sd(first, narrow_first, second, narrow_second)
    assert _product_sd(first, wide_first, second, wide_second) >= narrow * (1 - 1e-12)


def test_the_interval_widens_with_the_spread_of_seeds_and_of_the_sensitivity(draft, make_run):
    best = make_run(0.941, 1)
    make_run(0.940, 2)
    narrow, wider = value_of(draft(), best), value_of(draft(sensitivity_sd=5.0), best)
    make_run(0.930, 3)
    widest = value_of(draft(sensitivity_sd=5.0), best)
    spans = [value.high_minor - value.low_minor for value in (narrow, wider, widest)]
    assert spans == sorted(set(spans))


def test_one_seed_falls_back_to_the_test_rows_and_says_so(contract, make_run):
    value = value_of(contract, make_run(0.941))
    assert value.seeds == 1
    assert value.metric_sd == pytest.approx(math.sqrt(0.941 * 0.059 / 400))
    assert "one seed only" in value.method
    assert "400 rows" in value.method


def test_without_rows_the_spread_is_unknown_and_said_to_be(draft, make_run):
    value = value_of(draft(metric="validation_loss", metric_baseline=0.4, sensitivity=12.0),
                     make_run(metrics={"validation_loss": 0.13}))  # fmt: skip
    assert value.metric_sd == 0
    assert value.low_minor == value.net_minor == value.high_minor
    assert "not known" in value.method


def test_only_repeats_of_the_same_work_are_seeds(contract, make_run, digits):
    best = make_run(0.941, 1)
    make_run(0.9, 2, params={"epochs": 3, "seed": 2})
    make_run(0.9, 3, recipe="linear-regression")
    make_run(0.9, 4, status="failed")
    make_run(0.9, 5, dataset=None)
    assert value_of(contract, best).seeds == 1
    make_run(0.939, 6)
    assert value_of(contract, best).seeds == 2


def test_points_drawn_anew_by_each_seed_are_repeats_too(contract, make_run):
    draws = [
        Dataset.objects.create(name="synthetic", version="generated", digest=letter * 64, rows=400) for letter in "cd"
    ]
    best, _other = (make_run(0.94 - seed / 100, seed, dataset=draw) for seed, draw in enumerate(draws))
    assert value_of(contract, best).seeds == 2


def test_the_same_seed_twice_is_one_seed(contract, make_run):
    best = make_run(0.941, 1)
    make_run(0.941, 1, minute=9)
    assert value_of(contract, best).seeds == 1


@pytest.mark.parametrize("metric", ["test_accuracy", "throughput_per_s", "size_ratio"])
def test_most_metrics_are_better_when_higher(metric):
    assert higher_is_better(metric)


@pytest.mark.parametrize(
    "metric", ["validation_loss", "latency_ms", "accuracy_loss_points", "error_rate", "size_bytes"]
)
def test_loss_latency_and_error_are_better_when_lower(metric):
    assert not higher_is_better(metric)


def test_the_best_finished_run_counts(contract, draft, kpi, make_run):
    assert best_run(contract) is None
    make_run(0.99, 1, status="running")
    make_run(0.92, 2)
    best = make_run(0.95, 3, metrics={"test_accuracy": 0.95, "latency_ms": 3.0})
    make_run(0.95, 4)
    make_run(seed=5, metrics={"validation_loss": 0.1})
    assert best_run(contract) == best
    assert best_run(draft(metric="latency_ms")) == best


def test_unsigned_is_a_hypothesis_until_finance_signs(contract, make_run, finance_user):
    run = make_run()
    assert value_of(contract, run).is_hypothesis
    assert not value_of(sign_contract(contract=contract, by=finance_user), run).is_hypothesis


def test_the_signed_contract_speaks_for_the_project_whatever_is_drafted_later(project, draft, make_run, finance_user):
    make_run()
    first = draft()
    assert project_values([project])[project.pk].is_hypothesis
    signed = sign_contract(contract=first, by=finance_user)
    draft(worth_micro=99_000_000)
    value = project_values([project])[project.pk]
    assert (value.contract, value.is_hypothesis) == (signed, False)


def test_a_project_without_contract_or_run_has_no_value(project, contract, make_run):
    assert project_values([project]) == {project.pk: None}
    assert project_values([]) == {}


def test_the_values_of_many_projects_take_as_many_queries_as_of_one(
    project, manager, engineer, department, draft, make_run, django_assert_max_num_queries
):
    from django.db import connection

    from projects.services import open_project

    make_run()
    draft()
    with CaptureQueriesContext(connection) as for_one:
        project_values([project])
    projects = [project]
    for number in range(6):
        other = open_project(key=f"P{number}", title="Other", portfolio=project.portfolio, sponsor=department,
                             lead=engineer, started_on=project.started_on, by=manager)  # fmt: skip
        kpi = define_kpi(project=other, name="K", unit="%", direction="lower", baseline=9, target=3, owner=engineer,
                         by=engineer)  # fmt: skip
        draft(kpi, metric=("test_accuracy", "latency_ms")[number % 2])
        make_run(0.9, 1, project=other, metrics={"test_accuracy": 0.9, "latency_ms": 2.0})
        make_run(0.9, 2, project=other)
        projects.append(other)
    with django_assert_max_num_queries(len(for_one)):
        values = project_values(projects)
        assert all(value.terms and value.method and value.contract.kpi.project for value in values.values())
    assert len(for_one) <= 6
    assert ValueContract.objects.count() == 7
