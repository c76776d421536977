"""A KPI of the parcel reader, its contract, and runs that prove it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from experiments.models import Dataset, Run
from outcomes.services import define_kpi, draft_contract

CONTRACT = {
    "metric": "test_accuracy",
    "metric_baseline": 0.871,
    "sensitivity": -100.0,
    "sensitivity_sd": 0.0,
    "units_per_year": 4_380_000,
    "units_label": "Parcels",
    "worth_micro": 14_580,
    "upkeep_minor": 3_140_000,
    "currency": "EUR",
    "valid_from": date(2026, 1, 1),
    "basis": "Six weeks side by side",
}


@pytest.fixture
def kpi(project, engineer):
    return define_kpi(project=project, name="Parcels misread", unit="%", direction="lower", baseline=7.1, target=3.0,
                      owner=engineer, by=engineer, source="sorter log")  # fmt: skip


@pytest.fixture
def draft(kpi, engineer):
    def draft_one(of=None, **changes):
        return draft_contract(kpi=of or kpi, by=engineer, **CONTRACT | {"owner": engineer} | changes)

    return draft_one


@pytest.fixture
def contract(draft):
    return draft()


@pytest.fixture
def digits(db):
    return Dataset.objects.create(name="digits", digest="ab" * 32, rows=1797, splits={"train": 1297, "test": 400})


@pytest.fixture
def make_run(project, digits):
    def make(accuracy=0.941, seed=1, *, minute=0, status="finished", **fields):
        started = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute or seed)
        defaults = {
            "project": project,
            "name": f"TRI-{Run.objects.count() + 1}",
            "recipe": "image-classifier",
            "params": {"epochs": 8, "seed": seed},
            "dataset": digits,
            "metrics": {"test_accuracy": accuracy},
            "started_at": started,
            "finished_at": started + timedelta(minutes=1) if status != "running" else None,
        }
        return Run.objects.create(status=status, **defaults | fields)

    return make
