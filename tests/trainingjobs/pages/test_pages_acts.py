from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance.models import BudgetLine
from projects.models import Project
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job, pause_job, retry_job

ACTS = ("pause/", "resume/", "retry/", "priority/", "approve/", "decline/", "change/price/")


def text(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def post(client, job, act, **fields):
    return text(client.post(f"{job.get_absolute_url()}{act}/", fields, follow=True))


@pytest.fixture
def used_up(run, compute_line):
    """A job half way that has used up its money, on a line that has nothing left."""

    def make(free_minor=0):
        job = run().job
        TrainingJob.objects.filter(pk=job.pk).update(
            state="paused",
            pause_reason="budget",
            lease_until=None,
            step=50,
            steps=100,
            cost_micro=20_000_000,
            checkpoint="attempt-1/checkpoint",
        )
        compute_line.refresh_from_db()
        BudgetLine.objects.filter(pk=compute_line.pk).update(
            planned_minor=compute_line.reserved_minor + free_minor,
            released_minor=compute_line.reserved_minor + free_minor,
        )
        job.refresh_from_db()
        return job

    return make


@pytest.mark.parametrize("act", ACTS)
def test_acts_need_a_post_with_its_token_and_a_visible_job(sign_in, engineer, stranger, client, submit, act):
    url = submit().get_absolute_url() + act
    assert sign_in(engineer).get(url).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(engineer)
    assert careful.post(url).status_code == 403
    assert sign_in(stranger).post(url).status_code == 404
    assert client.post(url).url.startswith("/sign-in/")


@pytest.mark.parametrize("act", ["pause/", "resume/", "retry/", "priority/", "change/"])
def test_a_viewer_changes_nothing_and_learns_why(sign_in, viewer, submit, act):
    job = submit()
    answer = sign_in(viewer).post(job.get_absolute_url() + act)
    assert answer.status_code == 403
    assert "role of an engineer" in text(answer)
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_queued_job_is_paused_and_resumed(sign_in, engineer, submit):
    job, client = submit(), sign_in(engineer)
    assert "/pause/" in text(client.get(job.get_absolute_url()))
    page = post(client, job, "pause")
    assert "TRI-1 is paused." in page
    assert f"Paused by {engineer}." in page
    assert "resuming takes no new money" in page
    assert "/pause/" not in page
    assert "data-live" in page
    assert "TRI-1 is back in the queue." in post(client, job, "resume")


def test_a_running_job_is_asked_to_pause_and_may_still_go_on(sign_in, engineer, run):
    job, client = run().job, sign_in(engineer)
    page = post(client, job, "pause")
    assert "TRI-1 pauses at its next step." in page
    assert "Pausing" in page
    assert "Do not pause" in page
    assert "TRI-1 goes on." in post(client, job, "resume")


def test_an_ended_job_is_neither_paused_nor_resumed(sign_in, engineer, finish):
    job, client = finish(), sign_in(engineer)
    assert "TRI-1 cannot be paused: Finished." in post(client, job, "pause")
    assert "has already ended: Finished" in post(client, job, "resume")
    assert "has neither failed nor been cancelled" in post(client, job, "retry")
    page = text(client.get(job.get_absolute_url()))
    assert not any(f"/{act}/" in page for act in ("pause", "resume", "retry", "change", "priority"))


def test_a_job_whose_money_is_used_up_says_what_going_on_costs(sign_in, engineer, used_up):
    job = used_up(free_minor=10_000)
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    more = 4_000 - job.reservation.amount_minor
    assert "Paused: its money is used up." in page
    assert "To its end it needs up to EUR 40.00 in all." in page
    assert f"Resume for EUR {more / 100:.2f} more" in page
    assert "the line has EUR 100.00 left" in page
    client = sign_in(engineer)
    assert "is back in the queue" in post(client, job, "resume")
    job.reservation.refresh_from_db()
    assert job.reservation.amount_minor == 4_000


def test_a_line_that_is_used_up_refuses_and_says_how_much_is_short(sign_in, engineer, used_up):
    job, client = used_up(free_minor=100), sign_in(engineer)
    page = text(client.get(job.get_absolute_url()))
    short = 4_000 - job.reservation.amount_minor - 100
    assert f"the line has EUR 1.00 left: EUR {short / 100:.2f} short. Have the line raised" in page
    assert 'aria-disabled="true" aria-describedby="job-note"' in page
    assert "/resume/" not in page
    assert "Over budget by EUR" in post(client, job, "resume")
    job.refresh_from_db()
    assert job.state == "paused"


def test_a_line_that_only_warns_lets_it_go_on(sign_in, engineer, used_up, compute_line):
    job = used_up()
    BudgetLine.objects.filter(pk=compute_line.pk).update(policy="warn")
    client = sign_in(engineer)
    assert "Resume for EUR" in text(client.get(job.get_absolute_url()))
    assert "is back in the queue" in post(client, job, "resume")


def test_going_on_above_the_threshold_needs_a_manager(sign_in, engineer, used_up, project):
    job = used_up(free_minor=10_000)
    project.approval_threshold_minor = 3_000
    project.save()
    client = sign_in(engineer)
    assert "so a manager decides then" in text(client.get(job.get_absolute_url()))
    assert "TRI-1 needs new money, so a manager decides first." in post(client, job, "resume")


def test_a_retry_is_a_new_job_and_the_button_sent_twice_is_one(sign_in, engineer, fail):
    job, client = fail(), sign_in(engineer)
    submission = client.get(job.get_absolute_url()).context["submission"]
    page = post(client, job, "retry", submission=submission)
    assert "TRI-2 tries the work of TRI-1 again." in page
    assert f'retry of <a href="{job.get_absolute_url()}">TRI-1</a>' in page
    post(client, job, "retry", submission=submission)
    assert TrainingJob.objects.count() == 2
    assert 'retried as <a href="/jobs/TRI-2/">TRI-2</a>' in text(client.get(job.get_absolute_url()))
    post(client, job, "retry", submission=uuid4())
    assert TrainingJob.objects.count() == 3


def test_a_retry_that_the_budget_does_not_bear_is_refused_in_words(sign_in, engineer, fail, compute_line):
    job = fail()
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=0, released_minor=0)
    assert "Over budget by EUR" in post(sign_in(engineer), job, "retry")
    assert TrainingJob.objects.count() == 1


def test_priority_is_set_by_a_button_and_high_by_who_may(sign_in, engineer, manager, make_user, project, submit):
    from projects.models import Membership

    job, member = submit(), make_user("mei.tanaka")
    Membership.objects.create(project=project, user=member)
    assert "TRI-1 has low priority now." in post(sign_in(member), job, "priority", priority="-1")
    assert "High priority is given by the project&#x27;s lead" in post(sign_in(member), job, "priority", priority="1")
    assert "The priority is -1 (low), 0 (normal) or 1 (high)." in post(sign_in(member), job, "priority", priority="x")
    page = post(sign_in(engineer), job, "priority", priority="1")  # he leads it
    assert "TRI-1 has high priority now." in page
    assert "<span>high priority</span>" in page


def test_the_acts_of_a_state_come_with_the_live_part(sign_in, engineer, submit):
    job, client = submit(), sign_in(engineer)
    live = f"{job.get_absolute_url()}live/"
    assert "/pause/" in text(client.get(live))
    pause_job(job=job, by=engineer)
    answer = client.get(live)
    assert answer.status_code == 200
    assert "/resume/" in text(answer)
    assert "csrfmiddlewaretoken" not in text(answer)  # it would look new every second
    cancel_job(job=job, by=engineer)
    answer = client.get(live)
    assert answer.status_code == 286
    assert "/retry/" in text(answer)


def test_the_live_part_asks_the_same_number_of_questions_however_long_the_story(sign_in, engineer, submit):
    def questions(job):
        client.get(f"{job.get_absolute_url()}live/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{job.get_absolute_url()}live/")
        return len(seen)

    client, job = sign_in(engineer), submit()
    cancel_job(job=job, by=engineer)
    few = questions(job)
    for _time in range(3):
        retry_job(job=job, by=engineer)
    assert questions(job) == few
    assert few <= 16


def test_a_time_limit_says_what_is_left(sign_in, engineer, run, submit):
    job = run(job=submit(time_limit_s=1800.0)).job
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    assert "stops after 30 min of running, 30 min left" in page
    assert "of 30 min" in page


def test_a_job_that_stops_is_not_asked_to_stop_again(sign_in, engineer, run):
    job = run().job
    page = sign_in(engineer).get(job.get_absolute_url()).content.decode()
    assert 'popovertarget="cancel-job">' in page
    cancel_job(job=job, by=engineer)
    page = sign_in(engineer).get(job.get_absolute_url()).content.decode()
    assert "Stopping</button>" in page
    assert 'type="button" popovertarget="cancel-job">' not in page


def test_a_retry_above_the_threshold_says_that_a_manager_decides(sign_in, engineer, submit):
    job, client = cancel_job(job=submit(), by=engineer), sign_in(engineer)
    Project.objects.filter(pk=job.project_id).update(approval_threshold_minor=0)
    page = post(client, job, "retry")
    assert "TRI-2 would try the work of TRI-1 again; a manager decides on its price first." in page
