"""Programmes, people, business cases and forecasts of a past day read as they did on it."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from finance.services.journal import post_actual
from finance.services.labour import record_role_rate, record_time
from outcomes.appraisal import Flow
from outcomes.services import make_case
from people.models import Department
from people.services import add_job_role, record_employment
from projects.models import Allocation
from projects.services import allocate, end_project, free_people, open_programme, place_project
from trainingjobs.models import TrainingJob

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def programmes(clock, tell, manager):
    """Two programmes, and a project in the first of them."""
    clock(MONDAY)
    project = tell("ONE")
    plants, depots = (
        open_programme(portfolio=project.portfolio, name=name, owner=manager, by=manager)
        for name in ("Plants", "Depots")
    )
    place_project(project=project, programme=plants, horizon="core", by=manager)
    return project, plants, depots


def test_programmes_hold_the_projects_and_the_money_that_they_held(
    programmes, clock, tell, manager, finance_user, look
):
    project, plants, depots = programmes
    pages = [reverse("programmes"), plants.get_absolute_url(), depots.get_absolute_url()]
    pages += [f"{reverse('money')}?programme={plants.pk}"]
    seen = [look(page) for page in pages]
    at = clock(TUESDAY)
    place_project(project=project, programme=depots, horizon="core", by=manager)
    place_project(project=tell("TWO"), programme=plants, horizon="core", by=manager)
    line = project.budgets.get().lines.get(category="people")
    post_actual(line=line, amount_minor=1_000_000, memo="Late", source="hr", external_id="L", effective_on=MONDAY,
                at=at, by=finance_user)  # fmt: skip
    end_project(project=project, status="completed", on=TUESDAY, by=manager)
    open_programme(portfolio=project.portfolio, name="Roads", owner=manager, by=manager)
    assert all(look(page) != then for page, then in zip(pages[:3], seen, strict=False))
    assert [look(page, MONDAY) for page in pages[:3]] == seen[:3]
    money = look(reverse("money"), MONDAY, programme=str(plants.pk))
    assert without_hours(money) == without_hours(seen[3])


def without_hours(words):
    return [word for word in words if not re.fullmatch("[0-9]{2}:[0-9]{2}", word)]


def test_before_it_was_opened_there_was_no_programme(programmes, clock, sign_in, manager):
    clock(TUESDAY)
    _project, plants, _depots = programmes
    client, query = sign_in(manager), {"as_of": "2026-03-01"}
    response = client.get(plants.get_absolute_url(), query)
    assert response.status_code == 422
    assert "Nothing was known of Plants on 2026-03-01." in response.content.decode()
    assert "No programme yet" in client.get(reverse("programmes"), query).content.decode()


def test_a_member_finds_the_programme_in_which_his_project_stood(
    programmes, clock, manager, engineer, sign_in, make_user
):
    project, plants, depots = programmes
    clock(TUESDAY)
    place_project(project=project, programme=depots, horizon="core", by=manager)
    query = {"as_of": MONDAY.isoformat()}
    project.members.add(engineer)
    client, stranger = sign_in(engineer), make_user("stranger.to.it")
    assert client.get(plants.get_absolute_url()).status_code == 404
    assert client.get(plants.get_absolute_url(), query).status_code == 200
    assert sign_in(stranger).get(plants.get_absolute_url(), query).status_code == 404
    query |= {"programme": str(plants.pk)}
    assert client.get("/money/", query).status_code == 200
    assert sign_in(stranger).get("/money/", query).status_code == 404


def test_people_have_the_roles_and_hours_that_they_had(clock, tell, manager, finance_user, department, look, sign_in):
    at = clock(MONDAY)
    project = tell("ONE")
    roles = [add_job_role(code=code, name=code.title(), by=finance_user) for code in ("trainer", "tester")]
    record_role_rate(role=roles[0], hour_minor=6_000, currency="EUR", valid_from=date(2026, 1, 1), source="erp",
                     external_id="R-1", at=at, by=finance_user)  # fmt: skip

    def employ(number, at, role=roles[0], **changes):
        facts = {"fte_percent": 100, "valid_from": date(2026, 1, 1), "department": department}
        return record_employment(source="hr", external_id=number, name=f"Person {number}", role=role, at=at,
                                 by=finance_user, **facts | changes)  # fmt: skip

    def give(employment, number, hours, **changes):
        return allocate(employment=employment, project=project, hours_per_week=hours, source="plan",
                        valid_from=date(2026, 2, 1), external_id=number, by=manager, **changes)  # fmt: skip

    def work(employment, number, at):
        line = project.budgets.get().lines.get(category="people")
        record_time(employment=employment, line=line, worked_on=date(2026, 2, 10), minutes=480, source="hr",
                    external_id=number, at=at, by=finance_user)  # fmt: skip

    corrected, moved, left, freed = (employ(number, at) for number in "1234")
    give(corrected, "a", 20)
    give(moved, "b", 10, status=Allocation.Status.TENTATIVE)
    give(freed, "c", 45)
    work(corrected, "T-1", at)
    pages = [{}, {"sort": "-given"}, {"department": department.code}]
    seen, exported = [look("/people/", **page) for page in pages], sign_in(manager).get("/people.csv").content
    at = clock(TUESDAY)
    lab = Department.objects.create(code="lab", name="Lab")
    employ("1", at, roles[1], fte_percent=50, department=lab)
    employ("2", at, roles[1], valid_from=date(2026, 2, 1))
    employ("3", at, valid_to=date(2026, 3, 2))
    employ("5", at)
    give(moved, "b", 30)
    give(left, "d", 5, valid_to=date(2026, 2, 28))
    free_people(project=project, on=MONDAY, by=manager)
    work(corrected, "T-2", at)
    assert look("/people/") != seen[0]
    assert [look("/people/", MONDAY, **page) for page in pages] == seen
    assert sign_in(manager).get("/people.csv", {"as_of": MONDAY.isoformat()}).content == exported


def test_a_business_case_is_the_version_that_was_the_newest(clock, tell, engineer, look, sign_in, manager):
    at = clock(MONDAY)
    project = tell("ONE")
    terms = {"currency": "EUR", "discount_rate_bp": 800, "starts_on": MONDAY, "by": engineer}
    flows = [Flow(0, 10_000_000, 0, 100), Flow(1, 0, 30_000_000, 80)]
    make_case(project=project, flows=flows, note="First", at=at, **terms)
    address = reverse("case", args=["ONE"])
    seen = look(address)
    at = clock(TUESDAY)
    make_case(project=project, flows=[*flows, Flow(2, 0, 90_000_000, 70)], note="Second", at=at, **terms)
    assert look(address) != seen
    assert look(address, MONDAY) == seen
    assert look(address, MONDAY, version="2") == seen
    page = sign_in(manager).get(address, {"as_of": "2026-03-01"})
    assert page.status_code == 422
    assert "Nothing was known of ONE on 2026-03-01." in page.content.decode()


def test_price_tags_are_judged_by_the_jobs_that_had_ended(clock, tell, look):
    clock(MONDAY)
    for key in ("ONE", "TWO", "SIX"):
        tell(key)
    TrainingJob.objects.update(fence=1)
    seen = look(reverse("forecasts"))
    clock(TUESDAY)
    tell("TEN")
    TrainingJob.objects.update(fence=1)
    assert look(reverse("forecasts")) != seen
    assert look(reverse("forecasts"), MONDAY) == seen


def test_the_list_of_projects_holds_those_of_that_day_with_its_filters(clock, tell, manager, look):
    clock(MONDAY)
    one = tell("ONE")
    tell("TWO")
    pages = [{}, {"q": "one"}, {"station": "demand"}, {"status": "completed"}, {"status": "all", "sort": "-since"},
             {"portfolio": str(one.portfolio_id)}]  # fmt: skip
    seen = [look(reverse("projects"), **page) for page in pages]
    clock(TUESDAY)
    tell("SIX")
    end_project(project=one, status="completed", on=TUESDAY, by=manager)
    assert [look(reverse("projects"), **page) for page in pages[:3]] != seen[:3]
    assert [look(reverse("projects"), MONDAY, **page) for page in pages] == seen


def test_the_rows_of_a_past_list_are_taken_along_with_its_filters(clock, tell, manager, sign_in):
    clock(MONDAY)
    tell("ONE"), tell("TWO")
    clock(TUESDAY)
    tell("SIX")
    query = {"as_of": MONDAY.isoformat(), "q": "two"}
    rows = sign_in(manager).get(reverse("portfolio-export"), query).content.decode().splitlines()
    assert [row.split(",")[0].strip('"\ufeff') for row in rows[1:]] == ["TWO"]
