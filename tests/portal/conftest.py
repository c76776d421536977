"""A project told to its end: KPI, measurements, a run with a model, a signed contract, feedback, and its job."""

import uuid
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from experiments.models import Dataset, ModelVersion, Run
from finance.services.budget import approve_budget, reserve
from finance.services.journal import post_actual
from outcomes.services import define_kpi, draft_contract, record_measurement, sign_contract
from projects.models import Portfolio
from projects.services import open_project, record_feedback
from trainingjobs.models import TrainingJob

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Shown(HTMLParser):
    """What a person reads in the main part of a page and its charts draw: no verbs, no way to other days."""

    def __init__(self, page):
        super().__init__()
        self.words, self.verbs, self.skipped, self.inside = [], [], 0, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        self.inside = self.inside or tag == "main"
        if self.inside and not self.skipped and tag == "form" and given.get("method") == "post":
            self.verbs.append(given.get("action", ""))
        if tag in VOID or tag in {"path", "use", "i"}:
            self.words += [given["style"]] if self.inside and not self.skipped and "style" in given else []
        elif self.skipped or not self.inside or self._is_left_out(tag, given, classes):
            self.skipped += self.inside

    def _is_left_out(self, tag, given, classes):
        is_verb = tag in {"form", "button", "dialog"} or "btn" in classes or given.get("id") == "checks"
        return is_verb or not {"sr", "bar", "more", "foot-menu"}.isdisjoint(classes) or given.get("role") == "status"

    def handle_endtag(self, tag):
        if self.skipped and tag not in VOID and tag not in {"path", "use", "i"}:
            self.skipped -= 1
        if tag == "main":
            self.inside = False

    def handle_data(self, data):
        if self.inside and not self.skipped and data.strip():
            self.words.append(" ".join(data.split()))


@pytest.fixture
def look(sign_in, manager):
    """What a manager reads on a page, of today or as of a day."""
    client = sign_in(manager)

    def at(address, on=None, **query):
        response = client.get(address, {**query, "as_of": on.isoformat()} if on else query)
        assert response.status_code == 200
        page = Shown(response.content.decode())
        if on:
            assert "Back to today" in response.content.decode()
            assert not page.verbs
        return " ".join(page.words).split(" ")

    return at


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
