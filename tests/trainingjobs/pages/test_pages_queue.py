"""The page of the queue: places, reasons, workers, and nothing about jobs of others."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from finance.services.budget import approve_budget
from projects.models import Membership
from projects.services import open_project
from trainingjobs import queue_page
from trainingjobs.models import TrainingJob, Worker
from trainingjobs.services import approve_job, pause_job, set_priority, submit_job


def text(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


@pytest.fixture
def worker(db):
    def make(resources="cpu,gpu", slots=1, seen_ago_s=0):
        now = timezone.now()
        return Worker.objects.create(
            name=f"host:{Worker.objects.count()}",
            resources=resources,
            slots=slots,
            started_at=now - timedelta(hours=2),
            seen_at=now - timedelta(seconds=seen_ago_s),
        )

    return make


@pytest.fixture
def secret(project, department, manager, stranger, rate_card):
    """A job of a project that the engineer may not see: `secret()` submits one."""
    other = open_project(
        key="SEC", title="Secret plan", portfolio=project.portfolio, sponsor=department, lead=stranger,
        started_on=date(2026, 2, 3), by=manager,
    )  # fmt: skip
    approve_budget(
        project=other, name="2026", currency="EUR", lines={"compute": 50_000}, on=date(2026, 1, 5), by=manager
    )
    return lambda: submit_job(project=other, recipe="probe", params={}, by=stranger)


def sides(response):
    return {str(side.resource): side for side in response.context["queue"].sides}


def test_every_waiting_job_stands_in_the_order_in_which_it_starts(sign_in, engineer, submit, run, worker):
    worker()
    running = run().job
    first, second, urgent = submit(epochs=4), submit(epochs=5), submit(epochs=6)
    set_priority(job=urgent, priority=1, by=engineer)  # she leads the project
    answer = sign_in(engineer).get("/queue/")
    side, page = sides(answer)["cpu"], text(answer)
    assert [row.job for row in side.rows] == [urgent, first, second]
    assert [(row.first, row.count) for row in side.rows] == [(1, 1), (2, 1), (3, 1)]
    assert [row.job for row in side.running] == [running]
    assert (side.free, side.busy, side.waiting) == (0, 1, 3)
    assert f"Next in line: it starts when {running.name} ends." in page  # of the same project
    assert "1 job of higher priority starts before it." in page
    assert "30%" in page  # three of ten epochs are done
    assert re.search(r"about \d\d:\d\d", page)
    assert "What has waited longer than 15 min counts as high" in page


def test_a_free_slot_and_an_empty_queue_say_so(sign_in, engineer, project, worker):
    worker("cpu", slots=2)
    worker("gpu", slots=2)
    page = text(sign_in(engineer).get("/queue/"))
    assert "2 of 2 slots free, 1 worker" in page
    assert "A job submitted now starts at once." in page
    assert "shared with" not in page
    assert "Not in line" not in page


def test_slots_that_serve_both_queues_are_not_shown_as_if_there_were_twice_as_many(sign_in, engineer, project, worker):
    worker(slots=2, resources="cpu,gpu")
    page = text(sign_in(engineer).get("/queue/"))
    assert "2 of 2 slots free, 1 worker, shared with GPU" in page
    assert "2 of 2 slots free, 1 worker, shared with CPU" in page


@pytest.mark.parametrize(("resources", "seen_ago_s"), [("gpu", 0), ("cpu", 3600)])
def test_without_a_living_worker_for_it_a_queue_says_how_to_start_one(
    sign_in, engineer, submit, worker, resources, seen_ago_s
):
    worker(resources, seen_ago_s=seen_ago_s)
    submit()
    answer = sign_in(engineer).get("/queue/")
    assert "Nothing starts: no worker serves the CPU queue." in text(answer)
    assert "WORKER_RESOURCES=cpu make worker" in text(answer)
    assert sides(answer)["cpu"].rows[0].starts_at is None


def test_slots_that_serve_both_queues_are_counted_once(sign_in, engineer, run, worker):
    worker(slots=2)
    run()
    assert {side.free for side in sides(sign_in(engineer).get("/queue/")).values()} == {1}


def test_machines_are_named_only_to_those_who_see_everything(sign_in, engineer, manager, project, worker):
    worker()
    assert "host:0" in text(sign_in(manager).get("/queue/"))
    page = text(sign_in(engineer).get("/queue/"))
    assert "1 worker" in page
    assert "host:0" not in page


def test_a_job_of_another_project_keeps_its_place_and_its_secrets(sign_in, engineer, manager, stranger, submit, run, secret, worker):  # fmt: skip  # noqa: E501
    worker()
    run(job=secret())
    submit(epochs=4)
    for _each in range(2):
        set_priority(job=secret(), priority=1, by=manager)
    answer = sign_in(engineer).get("/queue/")
    rows, page = sides(answer)["cpu"].rows, text(answer)
    assert [(row.job and row.job.name, row.first, row.last) for row in rows] == [(None, 1, 2), ("TRI-1", 3, 3)]
    assert "2 jobs of other projects" in page
    assert "1 job of another project" in page  # the one that runs
    for word in ("SEC", "Secret", str(stranger)):
        assert word not in page
    assert "SEC-1" in text(sign_in(manager).get("/queue/"))


def test_the_reason_names_no_running_job_of_another_project(sign_in, engineer, submit, run, secret, worker):
    worker()
    run(job=secret())
    submit()
    page = text(sign_in(engineer).get("/queue/"))
    assert "it starts when a job ends" in page
    assert "SEC" not in page


def test_what_is_paused_or_awaits_approval_stands_aside_with_the_cause(sign_in, engineer, manager, submit, project):
    pause_job(job=submit(epochs=4), by=engineer)
    broke = submit(epochs=5)
    TrainingJob.objects.filter(pk=broke.pk).update(state="paused", pause_reason="budget")
    project.approval_threshold_minor = 0
    project.save()
    submit(epochs=6)
    page = text(sign_in(engineer).get("/queue/"))
    assert "Somebody paused it" in page
    assert "Its money is used up" in page
    assert "above the project&#x27;s threshold" in page or "above the project's threshold" in page
    approve_job(job=TrainingJob.objects.get(state="awaiting"), by=manager)
    assert len(sign_in(engineer).get("/queue/").context["queue"].aside) == 2


def test_a_long_queue_is_cut_and_leads_to_the_list(sign_in, engineer, submit, worker, monkeypatch):
    monkeypatch.setattr(queue_page, "MOST_ROWS", 3)
    worker()
    for epochs in range(2, 9):
        submit(epochs=epochs)
    answer = sign_in(engineer).get("/queue/")
    assert "and 4 more in line" in text(answer)
    assert 'href="/jobs/?state=queued&amp;queue=cpu"' in answer.content.decode()
    assert len(sign_in(engineer).get("/jobs/?state=queued&queue=cpu").context["page"].object_list) == 7


def test_the_page_asks_the_same_number_of_questions_for_2_and_for_30_jobs(
    sign_in, engineer, manager, submit, run, secret, worker
):
    worker(slots=2)

    def count(client):
        client.get("/queue/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/queue/").status_code == 200
        return len(seen)

    run()
    submit(epochs=3), secret(), pause_job(job=submit(epochs=4), by=engineer)
    clients = [sign_in(engineer), sign_in(manager)]
    few = [count(client) for client in clients]
    for epochs in range(5, 33):
        submit(epochs=epochs), secret()
    for epochs in range(33, 38):
        pause_job(job=submit(epochs=epochs), by=engineer)
    run(epochs=50)
    assert [count(client) for client in clients] == few
    assert max(few) <= 30


def test_acts_are_offered_to_those_who_may(sign_in, engineer, viewer, manager, make_user, project, submit):
    member = make_user("mei.tanaka")
    Membership.objects.create(project=project, user=member)
    submit()
    pages = {person: sign_in(person).get("/queue/").content.decode() for person in (engineer, viewer, manager, member)}
    assert 'value="pause"' not in pages[viewer]
    assert all('value="pause"' in pages[person] for person in (engineer, manager, member))
    assert 'value="priority_high"' in pages[engineer]  # the lead
    assert 'value="priority_high"' in pages[manager]
    assert 'value="priority_high"' not in pages[member]
    assert 'value="priority_low"' in pages[member]


def test_an_act_of_a_row_leads_back_to_the_queue(sign_in, engineer, submit):
    job = submit()
    client = sign_in(engineer)
    answer = client.post("/jobs/act/", {"action": "priority_high", "job": str(job.pk), "back": "/queue/"})
    assert answer.url == "/queue/"
    job.refresh_from_db()
    assert job.priority == 1
    assert "1 job has high priority now: TRI-1." in text(client.get("/queue/"))


def test_a_full_disk_is_told_on_the_page_and_with_every_job(sign_in, engineer, submit, worker, settings):
    worker()
    submit()
    settings.MIN_FREE_DISK_MB = 10**12
    answer = sign_in(engineer).get("/queue/")
    assert "Nothing starts: the disk of the jobs folder is too full." in text(answer)
    assert sides(answer)["cpu"].rows[0].reason.startswith("The disk of the jobs folder is too full")
