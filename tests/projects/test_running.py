"""Nothing new begins in a project that has ended: no stage is planned, no milestone added, nobody's time given."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from people.services import add_job_role, record_employment
from projects.models import Allocation, Station
from projects.services import add_milestone, add_risk, allocate, end_project, free_people, plan_stages

END = date(2026, 6, 1)


@pytest.fixture
def employment(department, finance_user):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=None)
    return record_employment(source="hr", external_id="E-1", name="Lena", role=role, department=department,
                             fte_percent=100, valid_from=date(2026, 1, 1), at=datetime(2026, 6, 15, tzinfo=UTC),
                             by=finance_user)  # fmt: skip


@pytest.fixture
def tell(project, employment, manager):
    """An allocation as another system tells it."""

    def one(external_id="A-1", **changes):
        facts = {"hours_per_week": 20, "valid_from": date(2026, 2, 3), "source": "hr", "by": manager}
        return allocate(employment=employment, project=project, external_id=external_id, **facts | changes)

    return one


@pytest.fixture
def end(project, manager):
    def one(status="killed"):
        end_project(project=project, status=status, on=END, by=manager)
        free_people(project=project, on=END, by=manager)

    return one


@pytest.mark.parametrize("status", ["killed", "completed"])
def test_the_plan_of_an_ended_project_takes_nothing_new(project, engineer, end, status):
    end(status)
    risk = {"title": "Rain", "probability_percent": 30, "impact_minor": 1, "currency": "EUR", "response": "reduce",
            "owner": engineer, "opened_on": END}  # fmt: skip
    for verb, given in (
        (add_milestone, {"title": "Live", "planned_on": END}),
        (add_risk, risk),
        (plan_stages, {"finishes": {Station.DATA: END}}),
    ):
        with pytest.raises(ValidationError) as refusal:
            verb(project=project, by=engineer, **given)
        assert refusal.value.code == "project_ended"
        assert status in refusal.value.messages[0]


def test_people_who_were_freed_stay_free_when_their_time_is_told_again(tell, end):
    tell()
    end()
    assert tell().valid_to == END
    assert tell(valid_to=date(2026, 12, 31)).valid_to == END
    assert tell(valid_to=date(2026, 5, 1)).valid_to == date(2026, 5, 1)
    assert Allocation.objects.get().valid_to == date(2026, 5, 1)


def test_time_that_is_told_anew_after_the_end_never_begins(tell, end):
    tell()
    end()
    later = END + timedelta(days=3)
    assert tell(valid_from=later).valid_to == later


def test_an_ended_project_gets_no_new_time_but_that_of_before_may_be_told_late(tell, end):
    end()
    with pytest.raises(ValidationError) as refusal:
        tell(valid_from=END)
    assert refusal.value.code == "project_ended"
    assert tell().valid_to == END


def test_time_that_is_given_while_the_project_ends_is_capped(behind, project, tell, manager):
    _ended, row = behind(lambda: end_project(project=project, status="killed", on=END, by=manager), tell)
    assert row.valid_to == END
