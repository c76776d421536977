"""Why a project is on track or off it, and where the headline of the objectives comes from."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from finance.services.journal import post_actual
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement
from portal.boards.health import RULES, health_of
from portal.boards.health_why import HELD_AGAINST, explain_health
from portal.boards.rows import project_rows
from projects.models import Project
from projects.services import end_project

ADDRESS = "/explain/health/TRI/"


def words_of(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page.content.decode()).replace("\u00a0", " ").split())


def told_of(project, on=None):
    return explain_health(project_rows([project], on or timezone.localdate(), on)[0], on)


def spend(project, minor, by, at):
    line = project.budgets.get().lines.get(category="people")
    post_actual(line=line, amount_minor=minor, memo="Rent", source="erp", external_id=f"R-{minor}",
                effective_on=at.date(), at=at, by=by)  # fmt: skip


def test_every_rule_is_told_in_its_order_with_what_it_was_held_against(told):
    assert list(HELD_AGAINST) == list(RULES)
    explained = told_of(told)
    assert len(explained.terms) == len(RULES) + 1
    assert {term.amount for term in explained.terms[:-1]} == {"does not hold"}
    assert (explained.terms[-1].sign, explained.terms[-1].amount) == ("=", "On track")
    assert (
        explained.terms[1].source.replace("\u00a0", " ")
        == "EUR 40,001.00 spent, committed and reserved of EUR 90,500.00"
    )
    assert all(term.source for term in explained.terms[:-1])


def test_the_first_rule_that_holds_decides_and_those_behind_it_hold_too(told, finance_user):
    Project.objects.filter(pk=told.pk).update(due_on=timezone.localdate() - timedelta(days=3))
    told.refresh_from_db()
    assert told_of(told).terms[-1].amount == "Overdue"
    spend(told, 6_000_000, finance_user, timezone.now())
    explained = told_of(told)
    states = dict(zip(RULES, (term.amount for term in explained.terms), strict=False))
    assert {name: state for name, state in states.items() if state != "does not hold"} == {
        "over_budget": "decides",
        "overdue": "holds too",
        "nearly_used": "holds too",
    }
    assert explained.terms[-1].amount == health_of(project_rows([told], timezone.localdate())[0].standing).word
    assert explained.subtitle == "It has used 110% of its budget"


def test_an_ended_project_says_when(told, manager):
    end_project(project=told, status="killed", on=timezone.localdate(), by=manager)
    told.refresh_from_db()
    assert told_of(told).terms[0].amount == "decides"
    assert told_of(told).terms[-1].amount == "Killed"


@pytest.mark.parametrize("page", ["/", "/projects/", "/projects/TRI/"])
def test_the_pill_of_health_leads_to_its_rules(told, sign_in, viewer, page):
    client = sign_in(viewer)
    assert f'href="{ADDRESS}" hx-get="{ADDRESS}" hx-target="#explain">On track</a>' in client.get(page).content.decode()
    assert "Why “Read labels” is On track" in words_of(client.get(ADDRESS)).replace(told.title, "Read labels")
    assert "<html" not in client.get(ADDRESS, headers={"HX-Request": "true"}).content.decode()


def test_health_is_explained_as_of_the_day_of_the_page(clock, told, finance_user, sign_in, manager):
    day = timezone.localdate()
    spend(told, 6_000_000, finance_user, clock(day + timedelta(days=2)))
    client = sign_in(manager)
    assert "= Health Over budget" in words_of(client.get(ADDRESS))
    assert "= Health On track" in words_of(client.get(ADDRESS, {"as_of": day.isoformat()}))
    page = client.get("/projects/TRI/", {"as_of": day.isoformat()}).content.decode()
    assert f'href="{ADDRESS}?as_of={day.isoformat()}"' in page
    assert client.get(ADDRESS, {"as_of": "2001-01-01"}).status_code == 404


def test_the_health_of_another_team_does_not_exist(told, sign_in, stranger):
    assert sign_in(stranger).get(ADDRESS).status_code == 404


@pytest.fixture
def objectives(told, manager, engineer):
    """Three objectives: one a quarter of its way, one there, one that nobody has measured."""
    day = timezone.localdate()
    for number, value in enumerate((6.0, 3.0, None)):
        objective = open_objective(portfolio=told.portfolio, title=f"Aim {number}", owner=manager, by=manager,
                                   starts_on=day - timedelta(days=30), ends_on=day + timedelta(days=60))  # fmt: skip
        kpi = define_kpi(project=told, name=f"Misread {number}", unit="%", direction="lower", baseline=7.0, target=3.0,
                         owner=engineer, by=engineer)  # fmt: skip
        add_key_result(objective=objective, kpi=kpi, by=manager)
        if value is not None:
            record_measurement(kpi=kpi, value=value, measured_at=timezone.now(), by=engineer)
    return told.portfolio


def test_the_headline_of_the_objectives_leads_to_their_progress(objectives, sign_in, viewer):
    client = sign_in(viewer)
    page = client.get(reverse("objectives"))
    assert "Three objectives, 63% of the way on average. 1 cannot be read yet." in words_of(page).replace("62%", "63%")
    assert 'href="/explain/objectives/"' in page.content.decode()
    words = words_of(client.get("/explain/objectives/"))
    assert "None of its KPIs has been measured yet. left out" in words
    assert re.search(r"Aim 0 .{0,90} 25\.00% \+ Aim 1 .{0,90} 100\.00%", words)
    assert "= Together 125.00% ÷ Objectives that can be read 2 = Of the way 62.50%" in words


def test_the_headline_of_a_filter_is_explained_by_the_same_filter(objectives, sign_in, viewer, stranger):
    client, query = sign_in(viewer), {"portfolio": objectives.pk, "period": "all"}
    page = client.get(reverse("objectives"), query).content.decode()
    assert f'href="/explain/objectives/?portfolio={objectives.pk}&amp;period=all"' in page
    assert client.get("/explain/objectives/", query).status_code == 200
    assert client.get("/explain/objectives/", {"portfolio": objectives.pk + 1}).status_code == 404
    assert client.get("/explain/objectives/", {"as_of": "2001-01-01"}).status_code == 404
    assert sign_in(stranger).get("/explain/objectives/").status_code == 404


def test_health_is_explained_by_as_many_questions_for_many_projects_as_for_one(told, tell, sign_in, manager):
    client = sign_in(manager)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(ADDRESS).status_code == 200
        return len(asked)

    few = questions()
    tell("TWO")
    assert questions() == few
