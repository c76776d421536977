"""Projects rest, go on, end for ever, belong to a programme, and every state of the past can be asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from projects.models import Portfolio, Project, Station
from projects.services import (
    end_project,
    enter_station,
    hold_project,
    open_programme,
    place_project,
    resume_project,
)

DAY = date(2026, 5, 1)


def test_a_project_rests_and_goes_on(project, manager, engineer):
    hold_project(project=project, on=DAY, by=manager)
    with pytest.raises(ValidationError) as refusal:
        enter_station(project=project, station=Station.DATA, on=DAY, by=engineer)
    assert refusal.value.code == "not_active"
    resume_project(project=project, on=DAY, by=manager)
    enter_station(project=project, station=Station.DATA, on=DAY, by=engineer)


@pytest.mark.parametrize("end", ["killed", "completed"])
def test_an_end_is_for_ever_and_says_so(project, manager, end):
    assert end_project(project=project, status=end, on=DAY, by=manager).ended_on == DAY
    for act in (hold_project, resume_project):
        with pytest.raises(ValidationError) as refusal:
            act(project=project, on=DAY, by=manager)
        assert refusal.value.code == "illegal_step"
        assert "nothing more" in refusal.value.messages[0]


def test_resting_is_no_end(project, manager):
    with pytest.raises(ValidationError) as refusal:
        end_project(project=project, status="on_hold", on=DAY, by=manager)
    assert refusal.value.code == "no_end"


def test_a_project_does_not_end_before_it_began(project, manager):
    with pytest.raises(ValidationError) as refusal:
        end_project(project=project, status="killed", on=project.started_on - timedelta(days=1), by=manager)
    assert "on" in refusal.value.error_dict


def test_a_programme_is_of_the_portfolio_of_its_projects(project, manager):
    own = open_programme(portfolio=project.portfolio, name="Depots", owner=manager, by=manager)
    foreign = open_programme(portfolio=Portfolio.objects.create(name="Other"), name="Depots", owner=manager, by=manager)
    assert place_project(project=project, programme=own, horizon="adjacent", by=manager).programme == own
    with pytest.raises(ValidationError) as refusal:
        place_project(project=project, programme=foreign, horizon="core", by=manager)
    assert refusal.value.error_dict["programme"][0].code == "other_portfolio"


def test_two_programmes_of_a_portfolio_do_not_share_a_name(project, manager):
    open_programme(portfolio=project.portfolio, name="Depots", owner=manager, by=manager)
    with pytest.raises(ValidationError):
        open_programme(portfolio=project.portfolio, name="Depots", owner=manager, by=manager)


def test_what_runs_leaves_out_what_has_ended(project, manager):
    hold_project(project=project, on=DAY, by=manager)
    assert Project.objects.running().count() == 1
    end_project(project=project, status="killed", on=DAY, by=manager)
    assert not Project.objects.running().exists()


def test_a_past_day_shows_the_state_of_that_day(project, manager, engineer):
    before = timezone.now()
    enter_station(project=project, station=Station.DATA, on=DAY, by=engineer)
    end_project(project=project, status="killed", on=DAY, by=manager)
    then = Project.history.as_of(before).get(key="TRI")
    assert (then.status, then.station) == ("active", "demand")
    assert project.history.as_of(timezone.now()).status == "killed"
    data = project.stages.get(station="data")
    assert data.history.as_of(before).actual_start is None
    assert data.history.as_of(timezone.now()).actual_start == DAY


def test_the_demo_can_date_what_it_writes(project, engineer):
    from portal.demo.calendar import at_that_time

    with at_that_time(date(2026, 4, 1)):
        enter_station(project=project, station=Station.DATA, on=date(2026, 4, 1), by=engineer)
    assert project.history.earliest().history_date == datetime(2026, 4, 1, 18, tzinfo=UTC)
    enter_station(project=project, station=Station.TRAINING, on=DAY, by=engineer)
    assert project.history.latest().history_date > timezone.now() - timedelta(minutes=5)
