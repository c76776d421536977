"""Figures beyond a million million are refused wherever they come in, so that no page or answer breaks on them."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from experiments.models import ModelVersion
from outcomes.band import share_of_way
from outcomes.measurement_file import read_measurements
from outcomes.models import Measurement
from outcomes.sensitivity import estimate_sensitivity
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement, set_target

AT = datetime(2026, 4, 20, 9, tzinfo=UTC)
NOBODY_MEANS = [1.7e308, -1e300, 1.1e12]


def faults(refusal):
    return {name: each[0].code for name, each in refusal.value.error_dict.items()}


@pytest.mark.parametrize("value", NOBODY_MEANS)
def test_a_measurement_beyond_all_measure_is_refused_by_verb_page_and_file(kpi, engineer, sign_in, value):
    with pytest.raises(ValidationError) as refusal:
        record_measurement(kpi=kpi, value=value, measured_at=AT, by=engineer)
    assert faults(refusal) == {"value": "too_large"}
    page = sign_in(engineer).post(f"/kpis/{kpi.pk}/measurements/new/",
                                  {"value": str(value), "measured_at": "2026-03-01T10:00"})  # fmt: skip
    assert (page.status_code, "of at most a million million" in page.content.decode()) == (422, True)
    read = read_measurements(f"kpi,measured_at,value\n{kpi.pk},2026-03-01,{value}\n".encode(), kpis=[kpi], at=AT)
    assert [(fault.line, fault.column) for fault in read.faults] == [(2, "value")]
    assert not Measurement.objects.exists()


@pytest.mark.parametrize("field", ["baseline", "target"])
@pytest.mark.parametrize("value", NOBODY_MEANS)
def test_a_kpi_and_a_key_result_have_the_same_bound(project, engineer, manager, kpi, field, value):
    with pytest.raises(ValidationError) as refusal:
        define_kpi(project=project, name="Parcels", unit="parcels", direction="higher", owner=engineer, by=engineer,
                   **{"baseline": 1, "target": 2} | {field: value})  # fmt: skip
    assert faults(refusal) == {field: "too_large"}
    objective = open_objective(portfolio=project.portfolio, title="Fewer", owner=manager, starts_on=date(2026, 1, 1),
                               ends_on=date(2027, 1, 1), by=manager)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        add_key_result(objective=objective, kpi=kpi, by=manager, **{field: value})
    assert faults(refusal) == {field: "too_large"}


@pytest.mark.parametrize("field", ["value", "amber", "red"])
def test_the_target_of_a_period_has_the_same_bound(kpi, engineer, field):
    with pytest.raises(ValidationError) as refusal:
        set_target(kpi=kpi, starts_on=date(2026, 4, 1), ends_on=date(2026, 5, 1), at=AT, by=engineer,
                   **{"value": 3, "amber": 4, "red": 5} | {field: 1e300})  # fmt: skip
    assert faults(refusal) == {field: "too_large"}


def test_a_way_that_cannot_be_told_from_nothing_is_none():
    assert share_of_way(1e12, 0.0, 1e-300) is None
    assert share_of_way(1e12, -1e-300, 0.0, 1.0) is None


def test_a_metric_of_a_training_that_ran_away_draws_no_line(kpi, make_run, engineer):
    for day, loss in enumerate((0.1, 0.2, 0.3, 1e300), start=1):
        model = ModelVersion.objects.create(run=make_run(metrics={"test_loss": loss}, seed=day), kind="trained",
                                            digest=f"{day:064d}", size_bytes=1, created_at=AT)  # fmt: skip
        record_measurement(kpi=kpi, value=5 - day, measured_at=AT.replace(day=day), model_version=model, by=engineer)
    found = estimate_sensitivity(kpi, "test_loss")
    assert (len(found.points), found.line) == (3, None)
