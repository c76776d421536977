"""Whose hours a project has stands on its plan page: names for managers and finance, of today and of past days."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.services import add_job_role, record_employment
from portal.boards.team import team_of
from projects.models import Allocation, Portfolio
from projects.services import allocate, end_allocation, end_project, free_people, open_project

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
PLAN = "/projects/TRI/plan/"


@pytest.fixture
def employ(department, finance_user):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=finance_user)

    def one(number, **changes):
        facts = {"role": role, "fte_percent": 100, "valid_from": date(2026, 1, 1), "at": timezone.now()}
        return record_employment(source="hr", external_id=number, name=f"Person {number}", department=department,
                                 by=finance_user, **facts | changes)  # fmt: skip

    return one


@pytest.fixture
def give(project, manager):
    def one(person, number, **changes):
        facts = {"project": project, "hours_per_week": 20, "valid_from": date(2026, 2, 1), "source": "plan"}
        return allocate(employment=person, external_id=number, by=manager, **facts | changes)

    return one


def team_in(words):
    return words[words.index("give") :]


def test_the_team_counts_what_is_certain_today_and_lists_the_rest(employ, give, project, finance_user):
    ada, ben = employ("1"), employ("2")
    give(ada, "a")
    give(ada, "b", hours_per_week=5)
    give(ben, "c", status="tentative")
    give(ben, "d", hours_per_week=9, valid_from=date(2026, 9, 1))
    give(ben, "e", valid_to=date(2026, 3, 1))
    lead = add_job_role(code="lead", name="Lead", by=finance_user)
    employ("2", role=lead, valid_from=date(2026, 8, 1))
    team = team_of(project, date(2026, 6, 17))
    assert (team.people, team.hours) == (1, 25)
    assert [(line.allocation.external_id, line.person.role.code) for line in team.lines] == [
        ("a", "ml-engineer"),
        ("b", "ml-engineer"),
        ("c", "ml-engineer"),
        ("d", "lead"),
    ]


def test_who_has_left_gives_no_more_hours_whatever_was_agreed(employ, give, project):
    left = date(2026, 6, 17)
    give(employ("1"), "a")
    employ("1", valid_to=left)
    assert (team_of(project, left - timedelta(days=1)).hours, team_of(project, left).hours) == (20, 0)
    assert (team_of(project, left).lines, list(Allocation.objects.on(left))) == ((), [])


def test_managers_and_finance_read_names_and_give_time(employ, give, manager, finance_user, sign_in):
    row = give(employ("1"), "a")
    for user in (manager, finance_user):
        page = sign_in(user).get(PLAN).content.decode()
        assert "1 person gives 20 h a week" in page
        assert "Person 1" in page
        assert 'href="/people/?project=TRI"' in page
        assert f'href="/allocations/{row.pk}/"' in page


def test_the_team_reads_how_many_and_no_names(employ, give, engineer, viewer, stranger, sign_in):
    give(employ("1"), "a")
    for user in (engineer, viewer):
        page = sign_in(user).get(PLAN).content.decode()
        assert "1 person gives 20 h a week" in page
        assert "Person 1" not in page
        assert "ML engineer" not in page
        assert "/people/" not in page
    assert sign_in(stranger).get(PLAN).status_code == 404


def test_without_anybody_the_page_says_what_would_stand_there(project, manager, sign_in):
    page = sign_in(manager).get(PLAN).content.decode()
    assert "Nobody gives hours now" in page
    assert "No hours are given to this project" in page


def test_an_ended_project_gets_no_more_time(project, manager, sign_in):
    end_project(project=project, status="completed", on=timezone.localdate(), by=manager)
    assert "/people/?project=TRI" not in sign_in(manager).get(PLAN).content.decode()


def test_a_past_day_has_the_team_that_it_had(clock, tell, employ, manager, look, sign_in):
    clock(MONDAY)
    one, two = tell("ONE"), tell("TWO")
    people = [employ(number) for number in "12345"]

    def give(person, number, **changes):
        facts = {"project": one, "hours_per_week": 20, "valid_from": date(2026, 2, 1), "source": "plan"}
        return allocate(employment=person, external_id=number, by=manager, **facts | changes)

    give(people[0], "ended")
    give(people[1], "moved")
    give(people[2], "more")
    give(people[3], "later", valid_from=date(2026, 5, 1), valid_to=date(2026, 6, 1))
    give(people[4], "other", project=two)
    address = reverse("project-plan", args=["ONE"])
    seen = team_in(look(address))
    clock(TUESDAY)
    end_allocation(allocation=people[0].allocations.get(), on=MONDAY - timedelta(days=9), by=manager)
    give(people[1], "moved", project=two)
    give(people[2], "more", hours_per_week=30)
    give(people[4], "other")
    give(people[4], "new")
    free_people(project=one, on=date(2026, 4, 1), by=manager)
    assert team_in(look(address)) != seen
    assert team_in(look(address, MONDAY)) == seen
    past = sign_in(manager).get(address, {"as_of": MONDAY.isoformat()}).content.decode()
    assert "/allocations/" not in past
    assert "/people/?project" not in past


def test_the_plan_asks_as_often_for_many_people_as_for_one(employ, give, project, manager, engineer, sign_in):
    def queries(on=""):
        with CaptureQueriesContext(connection) as asked:
            client.get(PLAN, {"as_of": on})
        return len(asked)

    client = sign_in(manager)
    give(employ("1"), "a")
    few = queries()
    for number in "2345":
        give(employ(number), number)
    open_project(key="SIX", title="Six", portfolio=Portfolio.objects.get(), sponsor=project.sponsor, lead=engineer,
                 started_on=MONDAY, by=manager)  # fmt: skip
    assert queries() == few
