"""The queue over REST: place, time and reason of every job the client may see, in a fixed number of queries."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from trainingjobs.models import TrainingJob, Worker
from trainingjobs.services import submit_job


@pytest.fixture
def worker(db):
    """A worker with one slot that serves the CPU queue."""
    now = timezone.now()
    return Worker.objects.create(name="host:1", resources="cpu", slots=1, started_at=now, seen_at=now)


@pytest.fixture
def more(project, budget, engineer):
    def submit(**options):
        return submit_job(project=project, recipe="linear-regression", params={}, by=engineer, **options)

    return submit


def cpu(client, **query):
    """What is told of the CPU queue, and one page of those who wait in it."""
    body = client.get("/api/v1/queue/", {"resource": "cpu", **query}).json()
    return body["queues"][0] | {"jobs": body["results"], "count": body["count"], "next": body["next"]}


def test_every_queued_job_has_its_place_its_time_and_its_reason(worker, more, engineer, api):
    first, second = more(), more(priority=1)
    body = api(engineer).get("/api/v1/queue/").json()
    line, other = body["queues"]
    assert (line["resource"], line["slots"], line["workers"], line["running"], line["waiting"]) == ("cpu", 1, 1, 0, 2)
    assert (other["resource"], other["slots"], other["workers"], other["waiting"]) == ("gpu", 0, 0, 0)
    rows = [(row["job"], row["resource"], row["place"], row["ahead"], row["priority"]) for row in body["results"]]
    assert rows == [(str(second.pk), "cpu", 1, 0, 1), (str(first.pk), "cpu", 2, 1, 0)]
    soon, then = body["results"]
    assert (soon["starts_in_s"], soon["reason"]) == (0, "A slot is free: it starts within seconds.")
    assert then["starts_in_s"] == pytest.approx(second.forecast_seconds_mid)
    assert then["reason"] == "1 job of higher priority starts before it."
    begins = datetime.fromisoformat(body["at"]) + timedelta(seconds=then["starts_in_s"])
    assert datetime.fromisoformat(then["starts_at"]) == pytest.approx(begins, abs=timedelta(milliseconds=1))


def test_without_a_worker_there_is_a_reason_and_no_time(more, engineer, api):
    more()
    (row,) = cpu(api(engineer))["jobs"]
    assert (row["starts_in_s"], row["starts_at"]) == (None, None)
    assert "No worker serves the CPU queue" in row["reason"]


def test_only_what_is_queued_is_in_line(worker, more, engineer, api):
    job = more()
    TrainingJob.objects.filter(pk=job.pk).update(state="paused", pause_reason="asked")
    assert cpu(api(engineer))["jobs"] == []


def test_jobs_of_other_teams_count_and_stay_unnamed(worker, more, stranger, api):
    job = more()
    answer = api(stranger).get("/api/v1/queue/")
    body = answer.json()
    assert (body["queues"][0]["waiting"], body["count"], body["results"]) == (1, 0, [])
    assert job.name not in answer.content.decode()


def test_a_reason_does_not_name_a_running_job_of_another_team(
    worker, more, stranger, api, manager, department, project, budget
):
    from finance.services.budget import approve_budget
    from projects.services import open_project

    running = more()
    lease = timezone.now() + timedelta(hours=1)
    TrainingJob.objects.filter(pk=running.pk).update(state="running", fence=1, lease_until=lease)
    own = open_project(
        key="OWN", title="Own", portfolio=project.portfolio, sponsor=department, lead=stranger,
        started_on=project.started_on, by=manager,
    )  # fmt: skip
    approve_budget(project=own, name="x", currency="EUR", lines={"compute": 9_000}, on=own.started_on, by=manager)
    submit_job(project=own, recipe="linear-regression", params={}, by=stranger)
    (row,) = cpu(api(stranger))["jobs"]
    assert row["reason"] == "Next in line: it starts when a job ends."


def test_a_longer_queue_costs_no_more_queries(worker, more, engineer, api):
    client = api(engineer)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            rows = cpu(client)["jobs"]
        return len(rows), len(captured)

    more()
    short = queries()
    for _number in range(10):
        more()
    long = queries()
    assert (short[0], long[0]) == (1, 11)
    assert short[1] == long[1] <= 14


def test_a_page_of_the_line_keeps_the_places_of_the_whole_line(worker, more, engineer, api):
    for _number in range(5):
        more()
    client = api(engineer)
    whole = cpu(client)["jobs"]
    pages = [cpu(client, page=number, page_size=2) for number in (1, 2, 3)]
    assert [len(page["jobs"]) for page in pages] == [2, 2, 1]
    told = [(row["job"], row["place"], row["reason"]) for page in pages for row in page["jobs"]]
    assert told == [(row["job"], row["place"], row["reason"]) for row in whole]
    assert [row["place"] for row in whole] == [1, 2, 3, 4, 5]
    assert {(page["waiting"], page["count"]) for page in pages} == {(5, 5)}
    assert "page=2" in pages[0]["next"]
    assert pages[2]["next"] is None
    assert client.get("/api/v1/queue/?page=4&page_size=2").status_code == 404


def test_each_queue_can_be_read_alone(worker, more, engineer, api):
    more()
    body = api(engineer).get("/api/v1/queue/?resource=gpu").json()
    assert [line["resource"] for line in body["queues"]] == ["gpu"]
    assert (body["count"], body["results"]) == (0, [])
    assert api(engineer).get("/api/v1/queue/?resource=tape").status_code == 422


def test_workers_are_shown_to_those_who_see_everything(worker, manager, engineer, api):
    Worker.objects.create(
        name="host:2",
        resources="cpu,gpu",
        slots=2,
        started_at=timezone.now() - timedelta(days=1),
        seen_at=timezone.now() - timedelta(hours=1),
    )
    rows = api(manager).get("/api/v1/workers/").json()["results"]
    assert [(row["name"], row["resources"], row["slots"], row["alive"]) for row in rows] == [
        ("host:1", ["cpu"], 1, True),
        ("host:2", ["cpu", "gpu"], 2, False),
    ]
    assert api(engineer).get("/api/v1/workers/").status_code == 403
