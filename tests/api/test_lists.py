"""Lists: paged, filtered, and with as many queries for fifty rows as for one."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def grow(world, manager, engineer, finance_user, make_run, department):
    """Adds a few more rows of every kind to the same project."""
    from finance.services.budget import approve_budget
    from finance.services.rates import publish_rate_card
    from outcomes.services import define_kpi, draft_contract, record_measurement
    from projects.services import open_project, record_feedback
    from trainingjobs.models import Approval
    from trainingjobs.services import submit_job

    def more(tag):
        project, at = world.project, world.run.started_at
        for number in range(3):
            name = f"{tag}{number}"
            open_project(
                key=f"P{name.upper()}",
                title=name,
                portfolio=project.portfolio,
                sponsor=department,
                lead=engineer,
                started_on=date(2026, 1, 1),
                by=manager,
                members=(manager,),
            )
            approve_budget(
                project=project,
                name=name,
                currency="EUR",
                lines={"compute": 90_000, "data": 5},
                on=date(2026, 1, 6),
                by=manager,
            )
            publish_rate_card(
                name="Compute",
                currency="EUR",
                valid_from=date(2026, 1, 1),
                by=finance_user,
                cpu_core_hour_micro=1,
                gpu_hour_micro=1,
                gib_hour_micro=1,
                kwh_micro=1,
                watt_per_core=1,
                watt_per_gpu=1,
            )
            job = submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
            Approval.objects.create(job=job, decision="approved", by=manager, at=at, digest="e" * 64, reserved_minor=1)
            kpi = define_kpi(
                project=project,
                name=name,
                unit="%",
                direction="lower",
                baseline=2,
                target=1,
                owner=engineer,
                by=engineer,
            )
            draft_contract(
                kpi=kpi,
                metric="test_accuracy",
                metric_baseline=0,
                sensitivity=1,
                units_per_year=1,
                units_label="x",
                worth_micro=1,
                currency="EUR",
                valid_from=date(2026, 1, 1),
                owner=engineer,
                by=engineer,
            )
            record_measurement(kpi=world.kpi, value=number, measured_at=at, by=engineer)
            record_feedback(project=project, score=3, text="x", source="y", received_at=at, by=engineer)
            make_run(name, digest=name.ljust(64, "0"))

    return more


def test_a_longer_list_costs_no_more_queries(world, grow, manager, api):
    client = api(manager)
    addresses = [
        "projects",
        "feedback",
        "budgets",
        "reservations",
        "rate-cards",
        "kpis",
        f"kpis/{world.kpi.pk}/measurements",
        "contracts",
        "jobs",
        "approvals",
        "runs",
        "models",
        "datasets",
        "audit",
    ]

    def queries(address):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(f"/api/v1/{address}/")
        return answer.json()["count"], len(captured)

    grow("a")
    before = {address: queries(address) for address in addresses}
    grow("b")
    after = {address: queries(address) for address in addresses}
    assert all(after[address][0] > before[address][0] for address in addresses)
    assert {address: count for address, (_rows, count) in after.items()} == {
        address: count for address, (_rows, count) in before.items()
    }
    assert max(count for _rows, count in after.values()) <= 7


def test_pages_are_numbered_and_bounded(world, grow, manager, api):
    grow("a")
    client = api(manager)
    first = client.get("/api/v1/jobs/?page_size=3").json()
    second = client.get(first["next"]).json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (4, 3, 1)
    assert second["next"] is None
    names = [row["name"] for row in first["results"] + second["results"]]
    assert names == ["TRI-4", "TRI-3", "TRI-2", "TRI-1"]
    assert len(client.get("/api/v1/audit/?page_size=100000").json()["results"]) <= 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 4),
        ("recipe=linear-regression", 3),
        ("state=queued", 4),
        ("state=queued&state=failed", 4),
        ("state=failed", 0),
        ("project=TRI", 4),
        ("project=NONE", 0),
        ("number=1", 1),
        ("submitted_by=lena.hoffmann", 4),
        ("submitted_by=x", 0),
        ("recipe=linear-regression&number=1", 0),
        ("number=99999999999999999999999", 0),
    ],
)
def test_jobs_are_filtered_by_address(query, expected, world, grow, viewer, api):
    grow("a")
    assert api(viewer).get(f"/api/v1/jobs/?{query}").json()["count"] == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("projects/?station=demand", 1),
        ("projects/?station=data", 0),
        ("projects/?lead=lena.hoffmann", 1),
        ("projects/?portfolio=Machine vision", 1),
        ("feedback/?score=4", 1),
        ("feedback/?score=1", 0),
        ("budgets/?currency=EUR", 2),
        ("budgets/?currency=USD", 0),
        ("reservations/?status=open", 1),
        ("reservations/?status=released", 0),
        ("rate-cards/?name=Compute", 1),
        ("kpis/?direction=higher", 0),
        ("contracts/?status=draft", 1),
        ("contracts/?status=signed", 0),
        ("runs/?status=finished", 1),
        ("models/?kind=image-classifier", 1),
        ("datasets/?name=digits", 1),
        ("audit/?verb=open_project", 1),
        ("audit/?actor=nobody", 0),
    ],
)
def test_every_other_list_is_filtered_too(address, expected, world, manager, api):
    assert api(manager).get(f"/api/v1/{address}").json()["count"] == expected


def test_times_are_utc_whatever_the_time_zone_of_the_pages(world, viewer, api, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    assert api(viewer).get(f"/api/v1/feedback/{world.feedback.pk}/").json()["received_at"] == "2026-01-10T09:00:00Z"


def test_a_project_tells_its_line_and_its_people(world, viewer, api):
    body = api(viewer).get("/api/v1/projects/TRI/").json()
    assert [stage["station"] for stage in body["stages"]] == [
        "demand",
        "data",
        "training",
        "compression",
        "deployment",
        "feedback",
    ]
    assert set(body["members"]) == {"lena.hoffmann", "vera.blank"}
    assert (body["lead"], body["sponsor"], body["portfolio"]) == ("lena.hoffmann", "ops", "Machine vision")


def test_opening_a_project_names_its_people_by_user_name(world, manager, engineer, viewer, department, api):
    body = {
        "key": "NEW",
        "title": "New",
        "portfolio": "Machine vision",
        "sponsor": "ops",
        "lead": engineer.username,
        "members": [viewer.username],
        "started_on": "2026-03-01",
    }
    answer = api(manager).post("/api/v1/projects/", body)
    assert answer["Location"].endswith("/api/v1/projects/NEW/")
    assert set(answer.json()["members"]) == {engineer.username, viewer.username}
    again = api(manager).post("/api/v1/projects/", body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "key")
