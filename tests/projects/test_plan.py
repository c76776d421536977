"""Stages, milestones and risks are planned by verbs that keep their order, their baseline and their history."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from people.models import AuditEntry
from projects.models import Dependency, Milestone, Portfolio, Station
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    assess_stage,
    change_risk,
    close_risk,
    enter_station,
    move_milestone,
    open_project,
    plan_stages,
    reach_milestone,
    remove_dependency,
    remove_milestone,
    set_forecast,
)

DAY = date(2026, 5, 1)


@pytest.fixture
def milestone(project, engineer):
    def one(title, project=project, on=DAY):
        return add_milestone(project=project, title=title, planned_on=on, by=engineer)

    return one


def code_of(act, **given):
    with pytest.raises(ValidationError) as refusal:
        act(**given)
    error = refusal.value
    return error.code if not hasattr(error, "error_dict") else next(iter(error.error_dict.values()))[0].code


def test_starts_and_finishes_are_planned_together(project, engineer):
    plan_stages(project=project, starts={Station.DATA: DAY}, finishes={Station.DATA: DAY}, by=engineer)
    stage = project.stages.get(station="data")
    assert (stage.planned_start, stage.planned_finish) == (DAY, DAY)
    assert stage.history.count() == 2
    before = {"project": project, "finishes": {}, "starts": {Station.DATA: DAY + timedelta(days=1)}, "by": engineer}
    assert code_of(plan_stages, **before) == "ends_before_start"
    plan_stages(project=project, starts={Station.DATA: None}, finishes={Station.DATA: None}, by=engineer)
    assert project.stages.get(station="data").planned_finish is None


def test_a_forecast_is_set_and_handed_back_but_not_for_what_is_finished(project, engineer):
    stage = project.stages.get(station="demand")
    assert set_forecast(stage=stage, start=None, finish=DAY, by=engineer).forecast_finish == DAY
    assert set_forecast(stage=stage, start=None, finish=None, by=engineer).forecast_finish is None
    wrong = {"stage": stage, "start": DAY, "finish": DAY - timedelta(days=1), "by": engineer}
    assert code_of(set_forecast, **wrong) == "ends_before_start"
    enter_station(project=project, station=Station.DATA, on=DAY, by=engineer)
    assert code_of(set_forecast, stage=stage, start=None, finish=DAY, by=engineer) == "stage_finished"


@pytest.mark.parametrize(("chance", "cost"), [(101, 1), (-1, 1), (50, -1)])
def test_an_assessment_out_of_range_is_refused(project, engineer, chance, cost):
    stage = project.stages.get(station="data")
    with pytest.raises(ValidationError):
        assess_stage(stage=stage, p_success_percent=chance, cost_minor=cost, by=engineer)
    assert assess_stage(stage=stage, p_success_percent=80, cost_minor=5, by=engineer).p_success_percent == 80


def test_a_milestone_keeps_its_baseline_and_what_was_reached_stays(milestone, engineer):
    moved = move_milestone(milestone=milestone("Live"), planned_on=date(2026, 6, 1), by=engineer)
    assert (moved.baseline_on, moved.planned_on) == (DAY, date(2026, 6, 1))
    early = {"milestone": moved, "on": date(2026, 6, 2), "today": date(2026, 6, 1), "by": engineer}
    assert code_of(reach_milestone, **early) == "in_the_future"
    reach_milestone(milestone=moved, on=DAY, today=DAY, by=engineer)
    assert code_of(move_milestone, milestone=moved, planned_on=DAY, by=engineer) == "milestone_reached"
    assert code_of(remove_milestone, milestone=moved, by=engineer) == "milestone_reached"


def test_two_milestones_of_a_project_do_not_share_a_title(milestone):
    milestone("Live")
    with pytest.raises(ValidationError) as refusal:
        milestone("Live")
    assert refusal.value.message_dict["title"] == ["TRI has a milestone of this title. Choose another title."]


def test_what_is_removed_takes_its_dependencies_along(milestone, engineer):
    first, then = milestone("First"), milestone("Then")
    add_dependency(predecessor=first, successor=then, by=engineer)
    remove_milestone(milestone=first, by=engineer)
    assert not then.waits_for.exists()
    assert Milestone.history.filter(history_type="-").count() == 1


def test_a_circle_over_three_milestones_is_refused_with_its_path(milestone, engineer):
    one, two, three = milestone("One"), milestone("Two"), milestone("Three")
    add_dependency(predecessor=one, successor=two, by=engineer)
    add_dependency(predecessor=two, successor=three, by=engineer)
    with pytest.raises(ValidationError) as refusal:
        add_dependency(predecessor=three, successor=one, by=engineer)
    assert all(f"TRI {name}" in refusal.value.messages[0] for name in ("One", "Two", "Three"))
    assert code_of(add_dependency, predecessor=one, successor=one, by=engineer) == "waits_for_itself"


def test_two_halves_of_a_circle_at_once_leave_one_of_them(behind, milestone, engineer):
    one, two, three, four = (milestone(name) for name in ("One", "Two", "Three", "Four"))
    add_dependency(predecessor=two, successor=three, by=engineer)
    add_dependency(predecessor=four, successor=one, by=engineer)
    _made, refusal = behind(
        lambda: add_dependency(predecessor=one, successor=two, by=engineer),
        lambda: add_dependency(predecessor=three, successor=four, by=engineer),
    )
    assert isinstance(refusal, ValidationError)
    assert Dependency.objects.count() == 3


def test_a_circle_over_another_team_does_not_tell_its_names(milestone, engineer, stranger, manager, department):
    other = open_project(key="SEC", title="Secret", portfolio=Portfolio.objects.create(name="S"), sponsor=department,
                         lead=stranger, started_on=DAY, by=manager)  # fmt: skip
    one, hidden, two = milestone("One"), milestone("Hidden", project=other), milestone("Two")
    add_dependency(predecessor=one, successor=hidden, by=manager)
    add_dependency(predecessor=hidden, successor=two, by=manager)
    with pytest.raises(ValidationError) as refusal:
        add_dependency(predecessor=two, successor=one, by=engineer)
    assert "Hidden" not in refusal.value.messages[0]
    assert "…" in refusal.value.messages[0]


def test_a_dependency_is_taken_away_again(milestone, engineer):
    one, two = milestone("One"), milestone("Two")
    remove_dependency(dependency=add_dependency(predecessor=one, successor=two, by=engineer), by=engineer)
    add_dependency(predecessor=two, successor=one, by=engineer)


def test_a_risk_weighs_probability_times_impact_and_is_closed_once(project, engineer):
    risk = add_risk(project=project, title="Rain", probability_percent=30, impact_minor=10_000, currency="EUR",
                    response="reduce", owner=engineer, opened_on=DAY, by=engineer)  # fmt: skip
    assert risk.exposure_minor == 3_000
    close_risk(risk=risk, on=DAY, by=engineer)
    assert code_of(close_risk, risk=risk, on=DAY, by=engineer) == "risk_closed"
    assert not project.risks.open().exists()


def test_a_risk_is_weighed_anew_while_it_is_open(project, engineer, manager):
    risk = add_risk(project=project, title="Rain", probability_percent=30, impact_minor=10_000, currency="EUR",
                    response="reduce", owner=engineer, opened_on=DAY, by=engineer)  # fmt: skip
    changed = change_risk(risk=risk, probability_percent=50, owner=manager, by=engineer)
    assert (changed.exposure_minor, changed.title, changed.owner) == (5_000, "Rain", manager)
    detail = AuditEntry.objects.get(verb="change_risk").detail
    assert (detail["from_minor"], detail["to_minor"]) == (3_000, 5_000)
    close_risk(risk=risk, on=DAY, by=engineer)
    assert code_of(change_risk, risk=risk, probability_percent=10, by=engineer) == "risk_closed"


@pytest.mark.parametrize("percent", [0, 100])
def test_a_risk_is_neither_impossible_nor_certain(project, engineer, percent):
    with pytest.raises(ValidationError):
        add_risk(project=project, title="Rain", probability_percent=percent, impact_minor=1, currency="EUR",
                 response="reduce", owner=engineer, opened_on=DAY, by=engineer)  # fmt: skip
