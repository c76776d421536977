"""KPIs go from a baseline to a better target; what was measured is only ever added."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from experiments.models import ModelVersion
from outcomes.models import Kpi, Measurement
from outcomes.services import define_kpi, record_measurement
from people.models import AuditEntry
from projects.services import open_project

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("direction", "target"), [("lower", 8.0), ("lower", 7.1), ("higher", 7.0)])
def test_a_target_that_is_no_better_than_today_is_refused(project, engineer, direction, target):
    with pytest.raises(ValidationError) as refusal:
        define_kpi(project=project, name="Misread", unit="%", direction=direction, baseline=7.1, target=target,
                   owner=engineer, by=engineer)  # fmt: skip
    assert refusal.value.error_dict["target"][0].code == "target_not_better"
    assert not Kpi.objects.exists()


def test_one_name_is_one_kpi_of_a_project(kpi, project, engineer):
    with pytest.raises(ValidationError):
        define_kpi(project=project, name=kpi.name, unit="%", direction="lower", baseline=7.1, target=3, owner=engineer,
                   by=engineer)  # fmt: skip


def test_a_measurement_keeps_when_it_was_true_and_when_it_was_said(kpi, engineer):
    measurement = record_measurement(kpi=kpi, value=6.6, measured_at=NOON, by=engineer,
                                     recorded_at=NOON + timedelta(days=2))  # fmt: skip
    assert (measurement.measured_at, measurement.recorded_at) == (NOON, NOON + timedelta(days=2))
    assert measurement.source == "sorter log"
    assert AuditEntry.objects.filter(verb="record_measurement", subject_id=str(measurement.pk)).count() == 1


def test_a_correction_is_another_row(kpi, engineer):
    for value in (6.6, 6.5):
        record_measurement(kpi=kpi, value=value, measured_at=NOON, by=engineer)
    assert [each.value for each in kpi.measurements.all()] == [6.6, 6.5]


@pytest.mark.parametrize("way", ["update", "save", "delete"])
def test_the_database_refuses_to_change_a_measurement(kpi, engineer, way):
    row = record_measurement(kpi=kpi, value=6.6, measured_at=NOON, by=engineer)
    ways = {"update": lambda: Measurement.objects.update(value=0), "save": row.save, "delete": row.delete}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ways[way]()
    assert Measurement.objects.get().value == 6.6


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(kpi, engineer, value):
    with pytest.raises(ValidationError) as refusal:
        record_measurement(kpi=kpi, value=value, measured_at=NOON, by=engineer)
    assert refusal.value.error_dict["value"][0].code == "not_finite"


def test_the_future_is_not_measured(kpi, engineer):
    with pytest.raises(ValidationError) as refusal:
        record_measurement(kpi=kpi, value=1, measured_at=NOON, recorded_at=NOON - timedelta(hours=1), by=engineer)
    assert refusal.value.error_dict["measured_at"][0].code == "in_future"


def test_the_model_of_another_project_proves_nothing_here(kpi, engineer, manager, department, project, make_run):
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=project.started_on, by=manager)  # fmt: skip
    models = [
        ModelVersion.objects.create(
            run=make_run(project=owner),
            kind="image-classifier",
            path="x",
            digest="cd" * 32,
            size_bytes=1,
            created_at=NOON,
        )
        for owner in (other, project)
    ]
    with pytest.raises(ValidationError) as refusal:
        record_measurement(kpi=kpi, value=1, measured_at=NOON, by=engineer, model_version=models[0])
    assert refusal.value.error_dict["model_version"][0].code == "wrong_project"
    assert record_measurement(kpi=kpi, value=1, measured_at=NOON, by=engineer, model_version=models[1]).pk
