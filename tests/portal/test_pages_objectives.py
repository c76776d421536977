"""Objectives with key results as gauges, and the business case of a project with its figures in words."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from outcomes.models import BusinessCase, KeyResult, Objective
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement


@pytest.fixture
def kpi(project, engineer):
    return define_kpi(project=project, name="Parcels misread", unit="%", direction="lower", baseline=7.0, target=3.0,
                      owner=engineer, by=engineer)  # fmt: skip


@pytest.fixture
def objective(project, manager):
    today = timezone.localdate()
    return open_objective(portfolio=project.portfolio, title="Fewer misreads", owner=manager, by=manager,
                          starts_on=today - timedelta(days=30), ends_on=today + timedelta(days=60))  # fmt: skip


def test_a_key_result_shows_its_way_and_the_objective_the_mean(sign_in, viewer, engineer, manager, objective, kpi):
    add_key_result(objective=objective, kpi=kpi, by=manager)
    record_measurement(kpi=kpi, value=6.0, measured_at=timezone.now(), by=engineer)
    page = sign_in(viewer).get(reverse("objectives")).content.decode()
    assert "One objective, 25% of the way on average." in re.sub(r"<[^>]*>", "", page)
    assert "25% of the way" in page
    assert 'style="--to:25.0%"' in page


def test_what_has_no_measurement_says_so(sign_in, manager, objective, kpi):
    add_key_result(objective=objective, kpi=kpi, by=manager)
    page = sign_in(manager).get(reverse("objectives")).content.decode()
    assert "Its KPI has not been measured yet." in page
    assert "none of them has been measured yet" in page


def test_an_objective_without_key_results_asks_for_one(sign_in, manager, viewer, objective):
    assert "Add a key result" in sign_in(manager).get(reverse("objectives")).content.decode()
    assert "Add a key result" not in sign_in(viewer).get(reverse("objectives")).content.decode()


def test_strangers_see_no_objective_and_members_no_kpi_of_another_team(
    sign_in, stranger, viewer, manager, department, objective, kpi, project
):
    from projects.services import open_project

    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=manager,
                         started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    hidden = define_kpi(project=other, name="Secret figure", unit="h", direction="lower", baseline=7.0, target=3.0,
                        owner=manager, by=manager)  # fmt: skip
    add_key_result(objective=objective, kpi=hidden, by=manager)
    assert "Fewer misreads" not in sign_in(stranger).get(reverse("objectives")).content.decode()
    page = sign_in(viewer).get(reverse("objectives")).content.decode()
    assert "a KPI of another team" in page
    assert "Secret figure" not in page


def test_a_manager_opens_an_objective_and_measures_it(sign_in, manager, project, kpi):
    client, today = sign_in(manager), timezone.localdate()
    typed = {"title": "Faster", "portfolio": project.portfolio_id, "owner": manager.pk,
             "starts_on": today.isoformat(), "ends_on": (today + timedelta(days=9)).isoformat()}  # fmt: skip
    assert client.post(reverse("objective-new"), typed | {"ends_on": typed["starts_on"]}).status_code == 422
    answer = client.post(reverse("objective-new"), typed)
    opened = Objective.objects.get()
    assert answer.url == reverse("key-result-new", args=[opened.pk])
    worse = client.post(answer.url, {"kpi": kpi.pk, "baseline": "3", "target": "5", "weight": "1"})
    assert worse.status_code == 422
    assert "is not better than the baseline" in worse.content.decode()
    assert client.post(answer.url, {"kpi": kpi.pk, "weight": "2"}).status_code == 302
    assert KeyResult.objects.get().target == 3.0


def test_only_managers_set_objectives(sign_in, engineer, objective):
    assert sign_in(engineer).get(reverse("objective-new")).status_code == 403
    assert sign_in(engineer).post(reverse("key-result-new", args=[objective.pk])).status_code == 403


def flows(*rows, **changes):
    typed = {"currency": "EUR", "rate": "8", "starts_on": "2026-01-01", "note": "", "flows-INITIAL_FORMS": "0",
             "flows-TOTAL_FORMS": str(len(rows))}  # fmt: skip
    for year, (cost, benefit, probability) in enumerate(rows):
        typed |= {f"flows-{year}-cost": cost, f"flows-{year}-benefit": benefit,
                  f"flows-{year}-probability": probability}  # fmt: skip
    return typed | changes


CASE = "/projects/TRI/case/"


def test_a_case_is_made_and_says_its_figures_in_words(sign_in, engineer, project):
    client = sign_in(engineer)
    assert client.post(CASE, flows(("1000", "", ""), ("", "600", ""), ("", "600", "50"))).status_code == 302
    page = client.get(CASE).content.decode()
    assert "Value after risk (rNPV)" in page
    assert "The discount rate at which NPV would be zero" in page
    assert "1.7 years" in page
    assert "Version 1" in page


def test_a_figure_that_is_not_defined_says_why(sign_in, engineer, project):
    client = sign_in(engineer)
    client.post(CASE, flows(("1000", "", "")))
    page = client.get(CASE).content.decode()
    assert "Money only flows one way" in page
    assert "It is not paid back" in page


def test_versions_stay_readable(sign_in, engineer, project):
    client = sign_in(engineer)
    client.post(CASE, flows(("1000", "", ""), note="First belief"))
    client.post(CASE, flows(("2000", "", ""), note="Second belief"))
    assert BusinessCase.objects.count() == 2
    assert "Version 1, made by" in client.get(CASE, {"version": "1"}).content.decode()
    assert client.get(CASE, {"version": "99"}).status_code == 200


@pytest.mark.parametrize(
    ("rows", "changes", "mend"),
    [
        ([("x", "", "")], {}, "is not an amount"),
        ([("-5", "", "")], {}, "have columns of their own"),
        ([("5", "", "101")], {}, "less than or equal to 100"),
        ([("", "", "")], {}, "Add at least one year"),
        ([("5", "", "50"), ("", "9", "60")], {}, "A cumulative probability never rises"),
        ([("5", "", "")], {"rate": "much"}, "This is not a percentage"),
        ([("5", "", "")], {"currency": "eu"}, "three capital letters"),
        ([("5", "", "")], {"flows-TOTAL_FORMS": "x"}, "Correct this first"),
    ],
)
def test_a_case_that_cannot_be_comes_back_with_the_mend(sign_in, engineer, project, rows, changes, mend):
    page = sign_in(engineer).post(CASE, flows(*rows, **changes))
    assert page.status_code == 422
    assert mend in page.content.decode()
    assert not BusinessCase.objects.exists()


def test_more_years_keep_what_was_typed_and_make_nothing(sign_in, engineer, project):
    page = sign_in(engineer).post(CASE, flows(("1234", "", ""), more="1"))
    assert page.status_code == 200
    assert "1234" in page.content.decode()
    assert "Year 3, Cost" in page.content.decode()
    assert not BusinessCase.objects.exists()


def test_the_first_case_begins_from_contract_and_budget(sign_in, engineer, budget, viewer, stranger):
    page = sign_in(engineer).get(CASE).content.decode()
    assert "Year 0 costs the approved budget." in page
    assert 'value="10500.00"' in page
    assert "No business case yet" in sign_in(viewer).get(CASE).content.decode()
    assert sign_in(viewer).post(CASE).status_code == 403
    assert sign_in(stranger).post(CASE).status_code == 404
