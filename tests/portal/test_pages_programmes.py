"""Programmes on pages: what their projects cost together, how they stand, and who may open one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from portal.boards.programmes import programme_lines
from projects.models import Programme
from projects.services import end_project, open_programme, place_project


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def programme(told, manager):
    opened = open_programme(portfolio=told.portfolio, name="Depots", owner=manager, by=manager)
    place_project(project=told, programme=opened, horizon=told.horizon, by=manager)
    return opened


def test_the_list_says_health_and_money_of_each_programme(sign_in, manager, programme):
    page = sign_in(manager).get("/programmes/").content.decode()
    assert "Depots" in page
    assert "1 of 1 project is on track" in page
    assert "EUR\u00a090k" in page
    assert f"/explain/money/available/?programme={programme.pk}" in page


def test_one_programme_shows_its_projects_its_sums_and_leads_to_its_money(sign_in, manager, programme, tell):
    tell("OUT")
    page = sign_in(manager).get(programme.get_absolute_url()).content.decode()
    assert "Parcel digit reader" in page
    assert "Project OUT" not in page
    assert "of the approved EUR\u00a090k is spent" in strip_tags(page)
    assert f"/money/?programme={programme.pk}" in page


def test_project_plan_money_and_lists_lead_to_the_programme(sign_in, manager, programme):
    client, address = sign_in(manager), f'href="{programme.get_absolute_url()}"'
    for path in ("/projects/TRI/", "/projects/TRI/plan/", f"/money/?programme={programme.pk}"):
        assert address in client.get(path).content.decode(), path
    for path in ("/", "/projects/"):
        assert 'href="/programmes/"' in client.get(path).content.decode(), path


def test_a_programme_is_seen_by_who_sees_one_of_its_projects(sign_in, viewer, stranger, programme):
    assert "Depots" in sign_in(viewer).get("/programmes/").content.decode()
    client = sign_in(stranger)
    assert "Depots" not in client.get("/programmes/").content.decode()
    assert client.get(programme.get_absolute_url()).status_code == 404


def test_a_member_reads_only_the_money_of_his_own_projects(sign_in, viewer, manager, programme, tell):
    place_project(project=tell("OUT"), programme=programme, horizon="core", by=manager)
    page = sign_in(viewer).get(programme.get_absolute_url()).content.decode()
    assert "Project OUT" not in page
    assert "of the approved EUR\u00a090k is spent" in strip_tags(page)


def test_what_has_ended_is_listed_but_does_not_count_as_health(sign_in, manager, programme, told, today):
    end_project(project=told, status="completed", on=today, by=manager)
    page = sign_in(manager).get(programme.get_absolute_url()).content.decode()
    assert "No project of it runs" in page
    assert "Parcel digit reader" in page


def test_the_number_of_questions_does_not_grow_with_the_programmes(manager, programme, tell, today):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            programme_lines(list(Programme.objects.all()), manager, today)
        return len(asked)

    one = questions()
    for key in ("TWO", "SIX"):
        other = open_programme(portfolio=programme.portfolio, name=key, owner=manager, by=manager)
        place_project(project=tell(key), programme=other, horizon="core", by=manager)
    assert questions() == one


def test_an_empty_list_says_what_would_be_there_and_offers_it_to_managers(sign_in, manager, engineer, db):
    assert reverse("programme-new") in sign_in(manager).get("/programmes/").content.decode()
    page = sign_in(engineer).get("/programmes/").content.decode()
    assert "No programme yet" in page
    assert reverse("programme-new") not in page


def test_a_manager_opens_a_programme_and_a_taken_name_is_told(sign_in, manager, programme):
    typed = {"name": "Plants", "portfolio": programme.portfolio_id, "owner": manager.pk}
    client = sign_in(manager)
    assert client.post(reverse("programme-new"), typed).url == Programme.objects.get(name="Plants").get_absolute_url()
    refused = client.post(reverse("programme-new"), typed)
    assert refused.status_code == 422
    assert "Machine vision has a programme of this name" in refused.content.decode()
    assert "Missing. Fill it in." in client.post(reverse("programme-new"), {"name": ""}).content.decode()


@pytest.mark.parametrize("role", ["engineer", "finance_user"])
def test_nobody_else_opens_a_programme(sign_in, role, request, db):
    answer = sign_in(request.getfixturevalue(role)).post(reverse("programme-new"), {"name": "Mine"})
    assert answer.status_code == 403
    assert not Programme.objects.exists()
