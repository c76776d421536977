"""Projects move forward along the line, are planned in its order, and hear feedback."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from experiments.models import ModelVersion, Run
from people.models import AuditEntry
from projects.models import Feedback, Portfolio, Project, Station
from projects.services import (
    enter_station,
    open_portfolio,
    open_project,
    plan_stages,
    record_feedback,
    set_approval_threshold,
)


def test_a_new_project_stands_at_demand_with_six_stages(project, engineer, viewer):
    assert project.station == Station.DEMAND
    assert project.stages.count() == 6
    assert project.stages.get(station="demand").actual_start == project.started_on
    assert set(project.members.all()) == {engineer, viewer}
    assert AuditEntry.objects.filter(verb="open_project", subject_id=str(project.pk)).count() == 1


def test_entering_a_station_finishes_the_ones_before(project, engineer):
    enter_station(project=project, station=Station.TRAINING, on=date(2026, 4, 1), by=engineer)
    stages = {stage.station: stage for stage in project.stages.all()}
    assert stages["demand"].actual_finish == stages["data"].actual_finish == date(2026, 4, 1)
    assert stages["data"].actual_start == date(2026, 4, 1)
    assert stages["training"].actual_start == date(2026, 4, 1)
    assert stages["training"].actual_finish is None


@pytest.mark.parametrize("station", [Station.DEMAND, Station.DATA])
def test_nobody_moves_backwards(project, engineer, station):
    enter_station(project=project, station=Station.DATA, on=date(2026, 4, 1), by=engineer)
    with pytest.raises(ValidationError) as refusal:
        enter_station(project=project, station=station, on=date(2026, 5, 1), by=engineer)
    assert refusal.value.code == "not_forward"


def test_a_plan_follows_the_order_of_the_line(project, engineer):
    plan_stages(project=project, finishes={Station.DATA: date(2026, 5, 1)}, by=engineer)
    with pytest.raises(ValidationError) as refusal:
        plan_stages(project=project, finishes={Station.TRAINING: date(2026, 4, 30)}, by=engineer)
    assert refusal.value.code == "plan_out_of_order"
    assert project.stages.get(station="training").planned_finish is None


@pytest.mark.parametrize("key", ["tri", "T", "TOOLONGKEY", "T-R", "9TR"])
def test_a_key_of_the_wrong_shape_is_refused(department, manager, key):
    portfolio = Portfolio.objects.create(name="Vision")
    with pytest.raises(ValidationError):
        open_project(key=key, title="X", portfolio=portfolio, sponsor=department, lead=manager,
                     started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    assert not Project.objects.exists()


def test_two_portfolios_cannot_share_a_name(db):
    open_portfolio(name="Vision", by=None)
    with pytest.raises(ValidationError):
        open_portfolio(name="Vision", by=None)


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_outside_one_to_five_is_refused(project, engineer, score):
    with pytest.raises(ValidationError):
        record_feedback(project=project, score=score, text="Fine", source="Maria",
                        received_at=datetime(2026, 5, 1, tzinfo=UTC), by=engineer)  # fmt: skip
    assert not Feedback.objects.exists()


@pytest.fixture
def model(project):
    run = Run.objects.create(project=project, name="TRI-1", recipe="image-classifier", status="finished",
                             started_at=datetime(2026, 4, 1, tzinfo=UTC))  # fmt: skip
    return ModelVersion.objects.create(run=run, kind="image-classifier", path="x", digest="d" * 64, size_bytes=1,
                                       created_at=datetime(2026, 4, 1, tzinfo=UTC))  # fmt: skip


def test_feedback_names_its_model_and_its_request_more_than_once(project, engineer, model):
    at = datetime(2026, 5, 1, tzinfo=UTC)
    said = [
        record_feedback(project=project, score=2, text=text, source="Maria", received_at=at, model_version=model,
                        request_id=" call-7 ", by=engineer)
        for text in ("Wrong", "Wrong again")
    ]  # fmt: skip
    assert [(voice.model_version, voice.request_id) for voice in said] == [(model, "call-7")] * 2
    told = AuditEntry.objects.filter(verb="record_feedback").latest("pk").detail
    assert (told["model_version"], told["request_id"]) == (str(model.pk), "call-7")


def test_feedback_about_a_model_of_another_project_is_refused(project, department, engineer, manager, model):
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=project.started_on, by=manager)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        record_feedback(project=other, score=2, text="Wrong", source="Maria", model_version=model,
                        received_at=datetime(2026, 5, 1, tzinfo=UTC), by=engineer)  # fmt: skip
    assert refusal.value.error_dict["model_version"][0].code == "wrong_project"
    assert not Feedback.objects.exists()


def test_a_stranger_sees_neither_project_nor_feedback(project, engineer, stranger, manager):
    record_feedback(project=project, score=4, text="Fine", source="Maria",
                    received_at=datetime(2026, 5, 1, tzinfo=UTC), by=engineer)  # fmt: skip
    for see in (Project.objects.visible_to, Feedback.objects.visible_to):
        assert see(engineer).count() == see(manager).count() == 1
        assert not see(stranger).exists()


def test_a_threshold_is_set_and_taken_away_and_both_are_on_the_trail(project, manager):
    assert set_approval_threshold(project=project, threshold_minor=1250, by=manager).approval_threshold_minor == 1250
    set_approval_threshold(project=project, threshold_minor=None, by=manager)
    project.refresh_from_db()
    assert project.approval_threshold_minor is None
    entries = AuditEntry.objects.filter(verb="set_approval_threshold").order_by("pk")
    assert [(entry.actor, entry.detail["from_minor"], entry.detail["to_minor"]) for entry in entries] == [
        (manager, None, 1250),
        (manager, 1250, None),
    ]


def test_a_threshold_below_zero_is_refused(project, manager):
    with pytest.raises(ValidationError):
        set_approval_threshold(project=project, threshold_minor=-1, by=manager)
    assert not AuditEntry.objects.filter(verb="set_approval_threshold").exists()
