"""Demands by REST: everybody reads them, and they name nothing that the reader may not see."""

import pytest
from django.utils import timezone

from projects.models import Demand
from projects.services import accept_demand, decide_demand, propose_demand


@pytest.fixture
def propose(department, manager):
    def one(title, by=manager, **changes):
        words = {"problem": "Parcels go astray", "horizon": "core", "impact": 3}
        demand = propose_demand(title=title, department=department, **words, at=timezone.now(), by=by)
        Demand.objects.filter(pk=demand.pk).update(status="submitted", **changes)
        return Demand.objects.get(pk=demand.pk)

    return one


@pytest.fixture
def secret(propose, project, department, engineer, make_user):
    """A demand that became a project whose members are others, and one that was merged into a draft of somebody."""
    other = make_user("amir.haddad", "manager")
    demand = propose("Read the digits")
    accept_demand(demand=demand, key="SEC", title="Secret", portfolio=project.portfolio, sponsor=department,
                  lead=engineer, started_on=timezone.localdate(), note="Yes", at=timezone.now(), by=other)  # fmt: skip
    merged, into = propose("Read them again"), propose("Read all of them")
    decide_demand(demand=merged, status="merged", merged_into=into, note="Same", at=timezone.now(), by=other)
    Demand.objects.filter(pk=into.pk).update(status="draft")
    return demand, merged, into


def test_a_demand_names_only_projects_and_demands_that_the_reader_sees(secret, api, stranger, engineer, manager):
    demand, merged, into = secret

    def seen(user):
        rows = {row["id"]: row for row in api(user).get("/api/v1/demands/").json()["results"]}
        return rows[demand.pk]["project"], rows[merged.pk]["merged_into"]

    assert seen(manager) == ("SEC", into.pk)
    assert seen(engineer) == ("SEC", None)
    assert seen(stranger) == (None, None)


def test_the_filter_by_project_finds_nothing_of_a_hidden_one(secret, api, stranger, engineer):
    for user, count in ((engineer, 1), (stranger, 0)):
        assert api(user).get("/api/v1/demands/?project=SEC").json()["count"] == count
    assert api(stranger).get("/api/v1/demands/?improves=SEC").json()["count"] == 0


def test_the_list_asks_no_more_questions_with_more_demands(
    propose, project, api, stranger, django_assert_max_num_queries
):
    client = api(stranger)
    propose("One", project=project)
    with django_assert_max_num_queries(30) as few:
        client.get("/api/v1/demands/")
    for number in range(10):
        propose(f"More {number}", improves=None)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get("/api/v1/demands/").json()["count"] == 11


def test_a_draft_is_changed_by_its_proposer_until_it_is_submitted(engineer, stranger, department, api):
    client = api(engineer)
    words = {"title": "Fewer", "problem": "Many", "department": department.code, "horizon": "core", "impact": 2}
    address = f"/api/v1/demands/{client.post('/api/v1/demands/', words).json()['id']}"
    changed = client.post(f"{address}/change/", {**words, "title": "None at all", "impact": 5}).json()
    assert (changed["title"], changed["impact"], changed["status"]) == ("None at all", 5, "draft")
    assert client.post(f"{address}/change/", {"title": "x"}).status_code == 422
    assert api(stranger).post(f"{address}/change/", words).status_code == 404
    client.post(f"{address}/submit/")
    assert api(stranger).post(f"{address}/change/", words).status_code == 403
    refused = client.post(f"{address}/change/", words)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_draft")


def test_a_portfolio_is_opened_once_under_its_name(manager, engineer, api):
    made = api(manager).post("/api/v1/portfolios/", {"name": "Forecasting"})
    assert made.status_code == 201
    assert made["Location"].endswith(f"/api/v1/portfolios/{made.json()['id']}/")
    again = api(manager).post("/api/v1/portfolios/", {"name": "Forecasting"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "name")
    assert api(engineer).get("/api/v1/portfolios/?name=Forecasting").json()["count"] == 1
