"""One action on many jobs of the list: what is done, what is refused and why, and who may."""

import csv
import io
import re
import uuid

import pytest
from django.test import Client

from projects.models import Project
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job, pause_job


def text(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


@pytest.fixture
def act(sign_in, engineer):
    """Post an action on jobs and read the page that comes after."""

    def post(action, *jobs, by=engineer, back="/jobs/?state=queued", **more):
        client = sign_in(by)
        form = {"action": action, "job": [str(getattr(job, "pk", job)) for job in jobs], "back": back, **more}
        return client.post("/jobs/act/", form), client

    return post


def states():
    return list(TrainingJob.objects.order_by("number").values_list("state", flat=True))


def test_many_jobs_are_paused_and_resumed_and_the_filter_stays(act, submit):
    jobs = [submit(epochs=epochs) for epochs in (2, 3)]
    answer, client = act("pause", *jobs)
    assert answer.url == "/jobs/?state=queued"
    assert states() == ["paused", "paused"]
    assert "2 jobs paused: TRI-" in text(client.get("/jobs/"))
    act("resume", *jobs)
    assert states() == ["queued", "queued"]


def test_what_is_refused_says_which_and_why_and_the_rest_is_done(act, submit, finish):
    done, waiting = finish(), submit(epochs=3)
    _answer, client = act("pause", done, waiting)
    page = text(client.get("/jobs/"))
    assert "1 job paused: TRI-2." in page
    assert "TRI-1 cannot be paused: Finished." in page
    assert states() == ["succeeded", "paused"]


def test_a_cancel_is_asked_twice_with_count_and_names(act, submit):
    jobs = [submit(epochs=2), submit(epochs=3)]
    answer, _client = act("cancel", *jobs)
    page = text(answer)
    assert answer.status_code == 200
    assert "Cancel 2 jobs?" in page
    assert "TRI-1" in page
    assert "TRI-2" in page
    assert states() == ["queued", "queued"]
    answer, client = act("cancel", *jobs, confirmed="1")
    assert answer.url == "/jobs/?state=queued"
    assert states() == ["cancelled", "cancelled"]
    assert "2 jobs cancelled: TRI-" in text(client.get("/jobs/"))


def test_a_running_job_stops_at_its_next_step(act, run):
    job = run().job
    _answer, client = act("cancel", job, confirmed="1")
    assert "1 of them stops at its next step." in text(client.get("/jobs/"))
    job.refresh_from_db()
    assert job.cancel_requested_at


def test_a_retry_sent_twice_is_one_new_job(act, submit, engineer):
    job = submit()
    cancel_job(job=job, by=engineer)
    token = str(uuid.uuid4())
    for _each in range(2):
        act("retry", job, submission=token)
    assert states() == ["cancelled", "queued"]


def test_jobs_of_other_projects_are_left_alone_and_not_named(act, submit, stranger, sign_in):
    job = submit()
    answer, client = act("cancel", job, by=stranger, confirmed="1")
    assert answer.status_code == 302
    page = text(client.get("/notices/"))
    assert "None of these jobs exists, or you may not see them." in page
    assert "TRI-1" not in page
    assert states() == ["queued"]


def test_a_chosen_job_that_is_gone_is_counted(act, submit):
    _answer, client = act("pause", submit(), uuid.uuid4())
    page = text(client.get("/jobs/"))
    assert "1 job paused" in page
    assert "1 chosen job is not there." in page


def test_who_only_looks_has_no_boxes_and_no_acts(act, sign_in, viewer, submit):
    job = submit()
    assert 'name="job"' not in sign_in(viewer).get("/jobs/").content.decode()
    assert act("cancel", job, by=viewer, confirmed="1")[0].status_code == 403
    assert states() == ["queued"]


@pytest.mark.parametrize(
    ("action", "jobs", "words"),
    [
        ("pause", [], "Choose between 1 and 200 jobs."),
        ("pause", ["no-id", "\x00"], "Choose between 1 and 200 jobs."),
        ("explode", ["real"], "There is no such action."),
        ("", ["real"], "There is no such action."),
    ],
)
def test_a_form_that_asks_for_nothing_is_told_what_is_missing(act, submit, action, jobs, words):
    job = submit()
    _answer, client = act(action, *[job if name == "real" else name for name in jobs])
    assert words in text(client.get("/jobs/"))
    assert states() == ["queued"]


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "javascript:alert(1)", ""])
def test_an_act_never_leads_away_from_the_portal(act, submit, back):
    assert act("pause", submit(), back=back)[0].url == "/jobs/"


def test_nothing_happens_without_the_token_of_the_form(engineer, submit):
    job = submit()
    client = Client(enforce_csrf_checks=True)
    client.force_login(engineer)
    assert client.post("/jobs/act/", {"action": "pause", "job": str(job.pk)}).status_code == 403
    assert client.get("/jobs/act/").status_code == 405
    assert states() == ["queued"]


def test_the_list_is_filtered_by_queue_and_by_the_states_that_wait(sign_in, engineer, submit, threshold):
    paused, queued = submit(epochs=2), submit(epochs=3)
    pause_job(job=paused, by=engineer)
    threshold()
    awaiting = submit(epochs=4)
    TrainingJob.objects.filter(pk=queued.pk).update(resource="gpu")
    client = sign_in(engineer)
    for query, expected in {
        "state=paused": [paused], "state=awaiting": [awaiting], "queue=gpu": [queued],
        "queue=cpu": [awaiting, paused], "queue=tpu": [awaiting, queued, paused],
        "sort=queue": [awaiting, paused, queued], "sort=-queue": [queued, awaiting, paused],
    }.items():  # fmt: skip
        assert [job.name for job in client.get(f"/jobs/?{query}").context["page"]] == [j.name for j in expected], query


def test_the_queue_has_a_column_only_while_something_is_under_way(sign_in, engineer, submit, fail):
    fail()
    client = sign_in(engineer)
    heads = lambda: [column.word for column in client.get("/jobs/").context["columns"]]  # noqa: E731
    assert "Queue" not in heads()
    submit()
    assert "Queue" in heads()


def test_the_export_tells_queue_priority_and_what_a_job_retries(sign_in, engineer, submit, act):
    job = submit()
    cancel_job(job=job, by=engineer)
    act("retry", job)
    client = sign_in(engineer)
    rows = list(csv.DictReader(io.StringIO(b"".join(client.get("/jobs.csv?sort=job")).decode("utf-8-sig"))))
    assert [(row["Queue"], row["Priority"], row["Retry of"]) for row in rows] == [
        ("CPU", "Normal", ""),
        ("CPU", "Normal", "TRI-1"),
    ]
    assert rows[1]["In the queue since"]
    assert rows[1]["Needed approval"] == "no"


@pytest.fixture
def threshold(project):
    def say(amount_minor=0):
        project.approval_threshold_minor = amount_minor
        project.save()

    return say


def test_a_cancel_asks_only_about_what_has_not_ended(act, submit, finish):
    done, waiting = finish(), submit(epochs=3)
    answer, _client = act("cancel", done, waiting)
    page = text(answer)
    assert "Cancel 1 job?" in page
    assert "1 chosen job has already ended and is left out." in page
    assert str(done.pk) not in answer.content.decode()


def test_a_cancel_of_what_has_ended_is_refused_without_asking(act, finish):
    answer, client = act("cancel", finish())
    assert answer.status_code == 302
    assert "TRI-1 has already ended: Finished." in text(client.get("/jobs/"))


def test_what_a_retry_leaves_to_a_manager_is_said(act, submit, engineer):
    job = cancel_job(job=submit(), by=engineer)
    Project.objects.filter(pk=job.project_id).update(approval_threshold_minor=0)
    _answer, client = act("retry", job)
    assert "1 new job: TRI-2. 1 of them waits for a manager." in text(client.get("/jobs/"))
