"""The plan page of a project, its forms, and what it makes of lateness."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.boards.charts.plan import Plan, PlanMark, PlanRow, Span, plan
from portal.boards.health import Standing, health_of
from portal.boards.plan import Lateness, late_words, latest_points
from portal.boards.rows import project_rows
from projects.models import Milestone, Portfolio, Project, Station
from projects.services import add_dependency, add_milestone, end_project, enter_station, open_project, plan_stages


@pytest.fixture
def late(project, engineer):
    """The data stage runs, and should have been over forty days ago."""
    today = timezone.localdate()
    plan_stages(
        project=project,
        starts={Station.DATA: today - timedelta(days=60)},
        finishes={Station.DATA: today - timedelta(days=40), Station.TRAINING: today + timedelta(days=30)},
        by=engineer,
    )
    enter_station(project=project, station=Station.DATA, on=today - timedelta(days=60), by=engineer)
    return project


def test_the_plan_says_when_it_ends_and_how_late(sign_in, late, viewer):
    page = sign_in(viewer).get(reverse("project-plan", args=["TRI"])).content.decode()
    assert "40 days late" in page
    assert "The line is expected to end on" in page
    assert "Plan the stages" not in page


def test_health_names_what_is_late(late):
    today = timezone.localdate()
    assert latest_points([late], today)[late.pk] == Lateness("Data", 40)
    health = project_rows([late], today)[0].health
    assert (health.word, health.tone) == ("Late", "warn")
    assert "Data 40 days" in health.reason


def test_a_milestone_that_waits_makes_its_project_late(project, engineer, django_assert_num_queries):
    today = timezone.localdate()
    first = add_milestone(project=project, title="First", planned_on=today, by=engineer)
    then = add_milestone(project=project, title="Then", planned_on=today, by=engineer)
    add_dependency(predecessor=first, successor=then, lag_days=20, by=engineer)
    with django_assert_num_queries(4):
        assert latest_points([project], today)[project.pk] == Lateness("“Then”", 20)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"late": Lateness("Data", 15)}, "Late"),
        ({"late": Lateness("Data", 14)}, "On track"),
        ({"status": "on_hold", "late": Lateness("Data", 15)}, "On hold"),
        ({"status": "on_hold", "used": 101}, "Over budget"),
        ({"status": "killed", "ended_on": date(2026, 5, 1), "used": 101}, "Killed"),
        ({"status": "completed", "ended_on": date(2026, 5, 1)}, "Completed"),
    ],
)
def test_rest_and_end_and_lateness_are_told(change, word):
    fine = {"planned": 100, "used": 40, "reached": 0.6, "due_on": None, "station": Station.DATA,
            "today": date(2026, 6, 1)}  # fmt: skip
    assert health_of(Standing(**fine | change)).word == word


def test_the_words_of_lateness():
    assert [late_words(days) for days in (None, 0, 1, -2)] == ["no plan", "on plan", "1 day late", "2 days early"]


def typed(project, **changes):
    """The form of the stages as it stands on the page, with some fields typed over."""
    names = ("planned_start", "planned_finish", "forecast_start", "forecast_finish", "p_success_percent", "cost")
    return {f"{station.value}-{name}": "" for station in Station for name in names} | changes


def test_the_lead_plans_all_stages_at_once_or_none(sign_in, project, engineer):
    client, address = sign_in(engineer), reverse("project-plan-edit", args=["TRI"])
    good = {"data-planned_finish": "2026-05-01", "data-p_success_percent": "80", "data-cost": "1200.50"}
    wrong = good | {"training-planned_finish": "2026-04-01"}
    page = client.post(address, typed(project, **wrong))
    assert page.status_code == 422
    assert "Correct one date" in page.content.decode()
    assert "1200.50" in page.content.decode()
    assert project.stages.get(station="data").cost_minor is None
    assert client.post(address, typed(project, **good)).status_code == 302
    stage = project.stages.get(station="data")
    assert (stage.planned_finish, stage.p_success_percent, stage.cost_minor) == (date(2026, 5, 1), 80, 120_050)


@pytest.mark.parametrize("cost", ["-1", "1.005", "many", "1e99"])
def test_a_cost_that_is_no_amount_comes_back(sign_in, project, engineer, cost):
    page = sign_in(engineer).post(reverse("project-plan-edit", args=["TRI"]), typed(project, **{"data-cost": cost}))
    assert page.status_code == 422


def test_milestones_are_added_moved_reached_and_a_circle_is_refused(sign_in, project, engineer):
    client = sign_in(engineer)
    add = reverse("milestone-new", args=["TRI"])
    client.post(add, {"title": "First", "planned_on": "2026-05-01", "lag_days": "0"})
    first = Milestone.objects.get()
    client.post(add, {"title": "Then", "planned_on": "2026-06-01", "predecessor": first.pk, "lag_days": "7"})
    then = Milestone.objects.get(title="Then")
    address = reverse("milestone", args=["TRI", first.pk])
    page = client.post(address, {"planned_on": "2026-05-01", "predecessor": then.pk, "lag_days": "0"})
    assert page.status_code == 422
    assert "wait for each other" in page.content.decode()
    client.post(address, {"planned_on": "2026-05-09", "lag_days": "0"})
    client.post(reverse("milestone-reach", args=["TRI", first.pk]), {"on": "2026-05-08"})
    first.refresh_from_db()
    assert (first.planned_on, first.actual_on) == (date(2026, 5, 9), date(2026, 5, 8))
    link = then.waits_for.get()
    client.post(reverse("dependency-remove", args=["TRI", then.pk, link.pk]))
    client.post(reverse("milestone-remove", args=["TRI", then.pk]))
    assert Milestone.objects.count() == 1


def test_a_risk_is_added_weighed_and_closed(sign_in, project, engineer):
    client = sign_in(engineer)
    given = {"title": "Rain", "probability_percent": "30", "impact": "18000", "response": "reduce",
             "owner": engineer.pk, "opened_on": "2026-05-01"}  # fmt: skip
    assert client.post(reverse("risk-new", args=["TRI"]), given | {"impact": "much"}).status_code == 422
    client.post(reverse("risk-new", args=["TRI"]), given)
    page = client.get(reverse("project-plan", args=["TRI"])).content.decode()
    assert "1 open risk weighs EUR\u00a05,400" in page
    address = reverse("risk", args=["TRI", project.risks.get().pk])
    assert 'value="18000.00"' in client.get(address).content.decode()
    wrong = client.post(address, given | {"probability_percent": "100", "mitigation": "Umbrellas"})
    assert (wrong.status_code, "Umbrellas" in wrong.content.decode()) == (422, True)
    client.post(address, given | {"probability_percent": "50"})
    assert "1 open risk weighs EUR\u00a09,000" in client.get(reverse("project-plan", args=["TRI"])).content.decode()
    client.post(reverse("risk-close", args=["TRI", project.risks.get().pk]))
    assert client.post(address, given).status_code == 422
    assert "No open risk" in client.get(reverse("project-plan", args=["TRI"])).content.decode()


def test_a_milestone_of_another_team_has_no_name_here(sign_in, project, engineer, stranger, manager, department):
    other = open_project(key="SEC", title="Secret", portfolio=Portfolio.objects.create(name="S"), sponsor=department,
                         lead=stranger, started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    hidden = add_milestone(project=other, title="Hush", planned_on=date(2026, 5, 1), by=manager)
    mine = add_milestone(project=project, title="Mine", planned_on=date(2026, 5, 1), by=manager)
    add_dependency(predecessor=hidden, successor=mine, by=manager)
    address = reverse("project-plan", args=["TRI"])
    assert "Hush" not in sign_in(engineer).get(address).content.decode()
    assert "waits for SEC Hush" in sign_in(manager).get(address).content.decode()


def test_a_manager_holds_ends_and_places_and_the_list_shows_the_end_when_asked(sign_in, project, manager):
    client, address = sign_in(manager), reverse("project-state", args=["TRI"])
    client.post(address, {"place": "1", "programme": "", "horizon": "adjacent"})
    client.post(address, {"state": "1", "status": "on_hold", "on": "2026-05-01"})
    assert Project.objects.get().status == "on_hold"
    end = {"state": "1", "status": "killed", "on": "2026-05-02", "confirm": "on"}
    for wrong in ({"on": "2020-01-01"}, {"on": "2199-01-01"}, {"confirm": ""}, {"status": ""}):
        assert client.post(address, end | wrong).status_code == 422
    assert Project.objects.get().status == "on_hold"
    client.post(address, end)
    assert Project.objects.get().horizon == "adjacent"
    assert "Parcel digit reader" not in client.get(reverse("projects")).content.decode()
    assert "Parcel digit reader" in client.get(reverse("projects"), {"status": "killed"}).content.decode()
    assert "was killed on" in client.get(reverse("projects"), {"status": "all"}).content.decode()


def test_a_state_says_what_an_end_closes_and_the_plan_of_what_has_ended_expects_nothing(sign_in, project, manager):
    client, address = sign_in(manager), reverse("project-state", args=["TRI"])
    page = client.get(address).content.decode()
    assert "The project ends for good." in page
    assert "Demand is finished on that day." in page
    assert client.post(address, {"state": "1", "status": "completed", "on": "2026-05-02"}).status_code == 422
    client.post(address, {"state": "1", "status": "completed", "on": "2026-05-02", "confirm": "on"})
    plan_page = client.get(reverse("project-plan", args=["TRI"])).content.decode()
    assert "It was completed on" in plan_page
    assert "runs now" not in plan_page
    assert reverse("milestone-new", args=["TRI"]) not in plan_page
    assert client.post(reverse("milestone-new", args=["TRI"]), {"title": "A", "planned_on": "2026-05-01",
                                                                "lag_days": "0"}).status_code == 422  # fmt: skip
    assert "It has ended" in client.get(address).content.decode()


def test_the_board_leaves_ended_projects_out_and_says_so(sign_in, tell, manager):
    tell("ONE")
    gone = tell("TWO")
    end_project(project=gone, status="completed", on=timezone.localdate(), by=manager)
    page = sign_in(manager).get(reverse("portfolio")).content.decode()
    assert "Project TWO" not in page
    assert "1 killed or completed project and the EUR\u00a040k it spent are left out here" in page


def test_the_chart_draws_planned_done_expected_and_milestones():
    data = Plan(
        rows=(
            PlanRow("Demand", Span("2026-01-01", "2026-02-01"), Span("2026-01-01", "2026-03-01")),
            PlanRow("Data", Span("2026-02-02", "2026-04-01"), None, Span("2026-03-02", "2026-05-01")),
        ),
        marks=(PlanMark("<b>Live</b>", "2026-06-01", False),),
        today="2026-03-01",
    )
    figure = plan(data).to_plotly_json()
    assert len(figure["data"]) == 4
    assert figure["data"][3]["text"] == ["&lt;b&gt;Live&lt;/b&gt;"] or "&lt;b&gt;" in str(figure["data"][3]["text"])
    assert plan(Plan(rows=(), marks=(), today="2026-03-01")).to_json()
