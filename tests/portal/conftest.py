"""A project told to its end: KPI, measurements, a run with a model, a signed contract, feedback, and its job."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from experiments.models import Dataset, ModelVersion, Run
from finance.services.budget import approve_budget, reserve
from finance.services.journal import post_actual
from outcomes.services import define_kpi, draft_contract, record_measurement, sign_contract
from projects.models import Portfolio
from projects.services import open_project, record_feedback
from trainingjobs.models import TrainingJob


@pytest.fixture
def clock(monkeypatch):
    """Days that go by: what asks for the time is told the moment that was set last."""
    moment = {"now": timezone.now()}
    monkeypatch.setattr(timezone, "now", lambda: moment["now"])

    def go_to(day, hour=12):
        moment["now"] = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        return moment["now"]

    return go_to


@pytest.fixture
def tell(department, manager, engineer, finance_user, rate_card):
    """Tell the story of one more project; every row by the product's own verbs, only the finished job by hand."""
    portfolio, _made = Portfolio.objects.get_or_create(name="Machine vision")
    dataset, _made = Dataset.objects.get_or_create(
        digest="d" * 64, defaults={"name": "digits", "version": "1", "rows": 1797, "splits": {"train": 1437}}
    )

    def one(key, *, title=None, signed=True, accuracy=0.96, members=()):
        now = timezone.now()
        project = open_project(
            key=key,
            title=title or f"Project {key}",
            portfolio=portfolio,
            sponsor=department,
            lead=engineer,
            started_on=now.date() - timedelta(days=200),
            due_on=now.date() + timedelta(days=100),
            by=manager,
            members=members,
            summary="Reads digits",
            demand="Parcels go astray",
        )
        budget = approve_budget(
            project=project,
            name="2026",
            currency="EUR",
            lines={"compute": 50_000, "people": 9_000_000},
            on=date(2026, 1, 5),
            by=manager,
        )
        line = budget.lines.get(category="compute")
        post_actual(
            line=budget.lines.get(category="people"),
            amount_minor=4_000_000,
            memo="Salaries",
            source="hr",
            external_id=f"{key}-1",
            effective_on=now.date() - timedelta(days=40),
            at=now,
            by=finance_user,
        )
        kpi = define_kpi(
            project=project,
            name="Misread parcels",
            unit="%",
            direction="lower",
            baseline=7.0,
            target=3.0,
            owner=engineer,
            by=engineer,
        )
        run = Run.objects.create(
            project=project,
            name=f"{key}-1",
            recipe="image-classifier",
            status="finished",
            dataset=dataset,
            params={"seed": 0},
            metrics={"test_accuracy": accuracy},
            started_at=now - timedelta(hours=2),
            finished_at=now - timedelta(hours=1),
        )
        model = ModelVersion.objects.create(
            run=run, kind="image-classifier", path="x", digest="m" * 64, size_bytes=120_000, created_at=now
        )
        reservation = reserve(line=line, amount_minor=100, reference=f"job:{uuid.uuid4()}", at=now, by=engineer)
        TrainingJob.objects.create(
            project=project,
            number=1,
            recipe="image-classifier",
            params={},
            submitted_by=engineer,
            submitted_at=now - timedelta(hours=2),
            state="succeeded",
            started_at=now - timedelta(hours=2),
            finished_at=now - timedelta(hours=1),
            rate_card=rate_card,
            reservation=reservation,
            forecast_seconds_low=1,
            forecast_seconds_mid=2,
            forecast_seconds_high=3,
            forecast_micro_low=1,
            forecast_micro_mid=2,
            forecast_micro_high=3,
            cost_micro=1_300,
            run=run,
        )
        for days, value, used in ((60, 7.0, None), (30, 6.0, None), (1, 4.5, model)):
            record_measurement(
                kpi=kpi, value=value, measured_at=now - timedelta(days=days), by=engineer, model_version=used
            )
        contract = draft_contract(
            kpi=kpi,
            metric="test_accuracy",
            metric_baseline=0.9,
            sensitivity=-100,
            units_per_year=1_000_000,
            units_label="parcels",
            worth_micro=14_580,
            currency="EUR",
            valid_from=date(2026, 1, 1),
            owner=engineer,
            by=engineer,
            sensitivity_sd=10,
        )
        if signed:
            sign_contract(contract=contract, by=finance_user)
        record_feedback(
            project=project,
            score=4,
            text="It finally works",
            source="Maria, billing",
            received_at=now - timedelta(days=3),
            by=engineer,
        )
        return project

    return one


@pytest.fixture
def told(tell, viewer):
    return tell("TRI", title="Parcel digit reader", members=(viewer,))
