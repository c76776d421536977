"""The project page and the KPI page: the line, its explanations, its empty states, and who may see what."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from finance.services.journal import post_actual
from outcomes.services import define_kpi, record_measurement
from portal.boards.kpi import kpi_facts
from projects.models import Station
from projects.services import enter_station, record_feedback


@pytest.mark.parametrize("name", ["engineer", "viewer", "manager", "finance_user"])
def test_team_managers_and_finance_see_the_page(request, sign_in, told, name):
    assert sign_in(request.getfixturevalue(name)).get("/projects/TRI/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/projects/TRI/",
        "/projects/TRI/kpis/new/",
        "/projects/TRI/feedback/new/",
        "/kpis/{kpi}/",
        "/kpis/{kpi}/measurements/new/",
        "/kpis/{kpi}/contracts/new/",
        "/contracts/{contract}/sign/",
        "/explain/value/{contract}/",
        "/explain/budget/{budget}/",
    ],
)
def test_a_project_of_another_team_does_not_exist(sign_in, stranger, told, path):
    kpi = told.kpis.get()
    address = path.format(kpi=kpi.pk, contract=kpi.contracts.get().pk, budget=told.budgets.get().pk)
    assert sign_in(stranger).get(address).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/projects/TRI/kpis/new/",
        "/projects/TRI/feedback/new/",
        "/kpis/{kpi}/measurements/new/",
        "/kpis/{kpi}/contracts/new/",
        "/contracts/{contract}/sign/",
        "/projects/new/",
    ],
)
def test_a_viewer_is_told_why_he_may_not_write(sign_in, viewer, told, path):
    kpi = told.kpis.get()
    response = sign_in(viewer).get(path.format(kpi=kpi.pk, contract=kpi.contracts.get().pk))
    assert response.status_code == 403
    assert (
        "sign" in response.content.decode()
        or "Viewers look" in response.content.decode()
        or "managers open" in response.content.decode()
    )


def test_a_viewer_gets_no_buttons_that_would_refuse_him(sign_in, viewer, told):
    page = sign_in(viewer).get("/projects/TRI/").content.decode()
    assert reverse("job-new", args=["TRI"]) not in page
    assert reverse("kpi-new", args=["TRI"]) not in page


def test_every_station_bears_the_number_of_its_rows(sign_in, engineer, told):
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    numbers = re.findall(r'<span class="num">([^<]*)</span>', page)
    assert numbers == ["7%", "1,797 rows", "0.960", "not yet", "TRI-1", "\u22122.5\u00a0points"]
    assert "+EUR\u00a087k" in page


def test_the_station_of_the_project_is_marked_here(sign_in, engineer, manager, told):
    enter_station(project=told, station=Station.TRAINING, on=timezone.localdate(), by=manager)
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    assert re.findall(r'class="station(?: terminus)?" data-state="(\w+)"', page) == [
        "done",
        "done",
        "here",
        "next",
        "next",
        "next",
        "end",
    ]


def test_a_station_passed_without_a_row_says_so_and_how_to_mend_it(sign_in, engineer, manager, told):
    enter_station(project=told, station=Station.FEEDBACK, on=timezone.localdate(), by=manager)
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    assert re.findall(r'class="station" data-state="(\w+)"', page) == [
        "done",
        "done",
        "done",
        "skipped",
        "done",
        "here",
    ]
    assert "no record" in page
    assert "Compression: passed without a record" in page


def test_a_deployment_without_a_record_tells_where_to_make_one(sign_in, engineer, manager, project):
    define_kpi(
        project=project,
        name="Misread",
        unit="%",
        direction="lower",
        baseline=7.0,
        target=3.0,
        owner=engineer,
        by=engineer,
    )
    enter_station(project=project, station=Station.FEEDBACK, on=timezone.localdate(), by=manager)
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    assert "Deployment: passed without a record" in page
    assert "name the model in the next measurement" in page


def test_of_two_equal_runs_the_station_and_the_value_name_the_same(sign_in, engineer, told):
    first = told.runs.get()
    first.pk, first.name, first.started_at = uuid.uuid4(), "TRI-2", timezone.now()
    first.save(force_insert=True)
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    assert "test accuracy of the best run, TRI-1" in page


def test_a_budget_that_is_overdrawn_says_by_how_much(sign_in, engineer, finance_user, told):
    post_actual(
        line=told.budgets.get().lines.get(category="people"),
        amount_minor=6_000_000,
        memo="More salaries",
        source="hr",
        external_id="over",
        effective_on=timezone.localdate(),
        at=timezone.now(),
        by=finance_user,
    )
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    assert re.search(r">EUR\u00a0[\d,.k]+</a> over budget", page)
    assert "over</span>" in page


def test_the_explanation_of_a_station_opens_without_script(sign_in, engineer, told):
    page = sign_in(engineer).get("/projects/TRI/?why=data").content.decode()
    assert re.search(r'<dialog class="explain" id="why-data"[^>]* open>', page)
    assert not re.search(r'<dialog class="explain" id="why-value"[^>]* open>', page)


def test_every_figure_in_money_leads_to_its_explanation(sign_in, engineer, told):
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    body = re.sub(
        r"<script.*?</script>|<dialog.*?</dialog>|<details.*?</details>",
        "",
        page[page.index("<main") :],
        flags=re.DOTALL,
    )
    bodies = re.findall(r"<section.*?</section>", body, flags=re.DOTALL)
    for section in bodies:
        if "EUR\u00a0" in section:
            assert "/explain/" in section
    for line in told.budgets.get().lines.all():
        assert reverse("explain", args=["budget-line", line.pk]) in page
    assert reverse("explain", args=["job-cost", told.jobs.get().pk]) in page
    assert reverse("explain", args=["value", told.kpis.get().contracts.get().pk]) in page


def test_a_hypothesis_is_shown_as_one_at_the_end_of_the_line(sign_in, engineer, tell):
    tell("HYP", signed=False)
    page = sign_in(engineer).get("/projects/HYP/").content.decode()
    assert "data-hypothesis" in page
    assert "Hypothesis: finance has not signed it" in page


def test_an_empty_project_offers_every_next_action(sign_in, engineer, project):
    page = sign_in(engineer).get("/projects/TRI/").content.decode()
    for address in ("kpi-new", "feedback-new", "job-new"):
        assert reverse(address, args=["TRI"]) in page
    assert page.count('class="empty"') == 5
    assert "no value yet" in page


def test_the_page_asks_as_many_questions_however_much_a_project_holds(
    sign_in, engineer, told, django_assert_max_num_queries
):
    client = sign_in(engineer)
    with django_assert_max_num_queries(49) as few:  # two of them tell whether anything was done
        client.get("/projects/TRI/")
    kpi = told.kpis.get()
    for number in range(20):
        record_measurement(kpi=kpi, value=5.0, measured_at=timezone.now() - timedelta(hours=number), by=engineer)
        record_feedback(project=told, score=3, text="x", source="y", received_at=timezone.now(), by=engineer)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get("/projects/TRI/").status_code == 200


def test_an_explanation_is_a_part_for_htmx_and_a_page_without_it(sign_in, engineer, told):
    address = reverse("explain", args=["value", told.kpis.get().contracts.get().pk])
    client = sign_in(engineer)
    part = client.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="explain-title"' in part
    assert "<html" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "address", ["/explain/luck/1/", "/explain/value/abc/", "/explain/value/99999/", "/explain/job-cost/not-a-uuid/"]
)
def test_an_explanation_that_does_not_exist_is_not_found(sign_in, manager, address):
    assert sign_in(manager).get(address).status_code == 404


def test_the_kpi_page_shows_measurements_release_and_contract(sign_in, engineer, told):
    page = sign_in(engineer).get(told.kpis.get().get_absolute_url()).content.decode()
    assert "Misread parcels fell from 7% to 4.5%; 1.5\u00a0points short of the target" in page
    assert "TRI-1" in page
    assert "Version 1" in page


def test_a_correction_hides_the_record_that_it_corrects(sign_in, engineer, told):
    kpi = told.kpis.get()
    last = kpi_facts(kpi).latest
    record_measurement(kpi=kpi, value=4.0, measured_at=last.measured_at, by=engineer)
    facts = kpi_facts(kpi)
    assert len(facts.measurements) == 3
    assert facts.latest.value == 4.0
