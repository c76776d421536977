"""The slope of a KPI over a metric, against scipy, and the contract that takes it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, t

from experiments.models import ModelVersion
from outcomes.sensitivity import estimate_sensitivity, fit
from outcomes.services import draft_contract, record_measurement
from outcomes.value import value_of

START = datetime(2026, 3, 2, tzinfo=UTC)
PLAIN = st.integers(-1000, 1000).map(lambda value: value / 10)


@pytest.fixture
def measured(kpi, make_run, engineer):
    """Measurements of the KPI, each with a model of that accuracy."""

    def measure(*pairs):
        for number, (accuracy, value) in enumerate(pairs):
            run = make_run(accuracy, number)
            model = ModelVersion.objects.create(
                run=run, kind="image-classifier", path=run.name, digest="a" * 64, size_bytes=1, created_at=START
            )
            record_measurement(
                kpi=kpi, value=value, measured_at=START + timedelta(days=number), model_version=model, by=engineer
            )

    return measure


@given(pairs=st.lists(st.tuples(PLAIN, PLAIN), min_size=4, max_size=40))
@settings(max_examples=150)
def test_the_line_is_that_of_scipy(pairs):
    xs, ys = zip(*pairs, strict=True)
    assume(len(set(xs)) > 1 and len(set(ys)) > 1)
    line, theirs = fit(pairs), linregress(xs, ys)
    assert line.slope == pytest.approx(theirs.slope, rel=1e-6, abs=1e-9)
    assert line.intercept == pytest.approx(theirs.intercept, rel=1e-6, abs=1e-6)
    assert line.standard_error == pytest.approx(theirs.stderr, rel=1e-5, abs=1e-6)
    assert line.high - line.slope == pytest.approx(t.ppf(0.95, len(pairs) - 2) * line.standard_error)
    assert line.r2 == pytest.approx(theirs.rvalue**2, abs=1e-6)


def test_points_on_a_line_leave_no_doubt():
    line = fit([(0.90, 7.0), (0.92, 5.0), (0.94, 3.0), (0.95, 2.0)])
    assert line.slope == pytest.approx(-100)
    assert (line.standard_error, line.r2) == (pytest.approx(0, abs=1e-6), pytest.approx(1))


def test_the_estimate_is_made_from_measurements_with_a_model(measured, kpi, engineer):
    measured((0.90, 7.0), (0.92, 5.2), (0.94, 3.0), (0.95, 2.1))
    record_measurement(kpi=kpi, value=99, measured_at=START + timedelta(days=40), by=engineer)
    found = estimate_sensitivity(kpi, "test_accuracy")
    assert found.line.n == len(found.points) == 4
    assert found.line.slope == pytest.approx(-99, abs=3)
    assert found.line.low < found.line.slope < found.line.high
    assert found.as_json()["metric_min"] == 0.90
    assert found.as_json()["last_at"].startswith("2026-03-05")


def test_a_corrected_measurement_counts_once(measured, kpi, engineer):
    measured((0.90, 7.0), (0.92, 5.0), (0.94, 3.0), (0.95, 50.0))
    model = kpi.measurements.get(value=50.0).model_version
    record_measurement(kpi=kpi, value=2.0, measured_at=START + timedelta(days=3), model_version=model, by=engineer)
    assert estimate_sensitivity(kpi, "test_accuracy").line.slope == pytest.approx(-100)


def test_too_few_points_are_refused_with_the_mend(measured, kpi):
    measured((0.90, 7.0), (0.92, 5.0), (0.94, 3.0))
    found = estimate_sensitivity(kpi, "test_accuracy")
    assert found.line is None
    assert "at least 4" in found.reason
    assert found.as_json() == {}


def test_a_metric_that_does_not_vary_is_refused(measured, kpi):
    measured((0.9, 7.0), (0.9, 6.0), (0.9, 5.0), (0.9, 6.5))
    assert "same test accuracy" in estimate_sensitivity(kpi, "test_accuracy").reason


def test_readings_of_one_model_are_one_point_and_make_no_estimate_surer(measured, kpi, engineer):
    measured((0.90, 7.0), (0.92, 5.2), (0.94, 3.0), (0.95, 2.1))
    once = estimate_sensitivity(kpi, "test_accuracy").line
    for row in list(kpi.measurements.select_related("model_version")):
        for days, off in ((30, 0.1), (60, -0.1)):
            record_measurement(kpi=kpi, value=row.value + off, measured_at=row.measured_at + timedelta(days=days),
                               model_version=row.model_version, by=engineer)  # fmt: skip
    again = estimate_sensitivity(kpi, "test_accuracy")
    assert (again.line.n, again.as_json()["readings"]) == (4, 12)
    assert again.line.standard_error == pytest.approx(once.standard_error)


def test_a_metric_nobody_measured_has_no_points(measured, kpi):
    measured((0.90, 7.0), (0.92, 5.0), (0.94, 3.0), (0.95, 2.0))
    assert estimate_sensitivity(kpi, "latency_ms").points == ()


TERMS = {"metric": "test_accuracy", "metric_baseline": 0.9, "units_per_year": 1_000_000, "units_label": "Parcels",
         "worth_micro": 10_000, "currency": "EUR", "valid_from": date(2026, 1, 1)}  # fmt: skip


def test_a_contract_by_regression_takes_slope_and_error_from_the_measurements(measured, kpi, engineer, make_run):
    measured((0.90, 7.0), (0.92, 5.2), (0.94, 3.0), (0.95, 2.1))
    contract = draft_contract(kpi=kpi, method="regression", owner=engineer, by=engineer, **TERMS)
    line = estimate_sensitivity(kpi, "test_accuracy").line
    assert (contract.method, contract.sensitivity, contract.sensitivity_sd) == (
        "regression", line.slope, line.standard_error,
    )  # fmt: skip
    assert contract.estimate["n"] == 4
    value = value_of(contract, make_run(0.95, 50))
    assert value.low_minor < value.net_minor < value.high_minor
    assert 2 < value.degrees < 5, "two of the four models, and more by the test rows, which count as known"
    assert "least squares over 4 models" in value.method
    assert "Student's t with" in value.method


def test_a_contract_without_enough_measurements_is_refused(kpi, engineer):
    with pytest.raises(ValidationError) as refusal:
        draft_contract(kpi=kpi, method="regression", owner=engineer, by=engineer, **TERMS)
    assert refusal.value.error_dict["method"][0].code == "no_estimate"


def test_an_agreed_contract_needs_its_sensitivity(kpi, engineer):
    with pytest.raises(ValidationError) as refusal:
        draft_contract(kpi=kpi, owner=engineer, by=engineer, **TERMS)
    assert refusal.value.error_dict["sensitivity"][0].code == "required"


def test_a_contract_by_regression_takes_no_typed_sensitivity(measured, kpi, engineer):
    measured((0.90, 7.0), (0.92, 5.2), (0.94, 3.0), (0.95, 2.1))
    with pytest.raises(ValidationError) as refusal:
        draft_contract(kpi=kpi, method="regression", sensitivity=-5.0, owner=engineer, by=engineer, **TERMS)
    assert refusal.value.error_dict["sensitivity"][0].code == "estimated"
