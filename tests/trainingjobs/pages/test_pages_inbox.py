"""The inbox of approvals: managers decide one by one on what they saw, everybody else sees what he waits for."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.models import Notice
from trainingjobs.models import Approval
from trainingjobs.services import approve_job, change_job, decline_job


def text(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


@pytest.fixture
def awaiting(project, submit):
    """A job that waits for a decision: `awaiting(epochs=3)`."""

    def make(**wanted):
        project.approval_threshold_minor = 0
        project.save()
        return submit(**wanted)

    return make


@pytest.fixture
def second_manager(make_user):
    return make_user("max.mann", "manager")


def requests_of(answer):
    return [request.job for request in answer.context["inbox"].requests]


def test_a_manager_reads_who_asks_for_what_and_what_the_budget_has_left(sign_in, manager, awaiting, compute_line):
    job = awaiting()
    compute_line.refresh_from_db()
    page = text(sign_in(manager).get("/approvals/"))
    assert "1 job waits for a decision" in page
    assert "TRI-1 , image classifier" in page
    assert "Lena Hoffmann asks for Parcel digit reader." in page
    assert f"Reserved EUR {job.reservation.amount_minor / 100:.2f}" in page
    assert "Threshold every job asks" in page
    assert f"Budget left after it EUR {compute_line.available_minor / 100:.2f}" in page
    assert "No job of this recipe has finished yet" in page


def test_the_longest_wait_comes_first_and_a_change_asks_anew(sign_in, manager, engineer, awaiting):
    first, second = awaiting(epochs=3), awaiting(epochs=4)
    client = sign_in(manager)
    assert requests_of(client.get("/approvals/")) == [first, second]
    change_job(job=first, by=engineer, params={"epochs": 5})
    assert requests_of(client.get("/approvals/")) == [second, first]


def test_approving_queues_the_job_and_the_decision_stands_below(sign_in, manager, awaiting):
    job, client = awaiting(), sign_in(manager)
    seen = client.get("/approvals/").context["inbox"].requests[0].digest
    assert client.post("/approvals/TRI-1/", {"decision": "approve", "seen": seen}).url == "/approvals/"
    job.refresh_from_db()
    assert job.state == "queued"
    page = text(client.get("/approvals/"))
    assert "TRI-1 is approved and in the queue." in page
    assert "Nothing waits for a decision" in page
    assert "Approved" in page


def test_a_job_that_changed_meanwhile_is_not_approved_unseen(sign_in, manager, engineer, awaiting):
    job, client = awaiting(), sign_in(manager)
    seen = client.get("/approvals/").context["inbox"].requests[0].digest
    change_job(job=job, by=engineer, params={"epochs": 90})
    client.post("/approvals/TRI-1/", {"decision": "approve", "seen": seen})
    job.refresh_from_db()
    assert job.state == "awaiting"
    assert "was changed while you looked at it" in text(client.get("/approvals/"))


def test_declining_needs_a_reason_and_keeps_what_was_typed(sign_in, manager, awaiting):
    job, client = awaiting(), sign_in(manager)
    answer = client.post("/approvals/TRI-1/", {"decision": "decline", "reason": "   "})
    assert answer.status_code == 422
    assert "Say why, so that the next attempt can be better." in text(answer)
    assert "<details data-decline open>" in answer.content.decode()
    assert not Approval.objects.exists()
    client.post("/approvals/TRI-1/", {"decision": "decline", "reason": "Too dear <b>"})
    job.refresh_from_db()
    assert (job.state, Approval.objects.get().reason) == ("cancelled", "Too dear <b>")
    assert "Too dear &lt;b&gt;" in client.get("/approvals/").content.decode()


def test_a_word_that_is_no_decision_decides_nothing(sign_in, manager, awaiting):
    job = awaiting()
    assert sign_in(manager).post("/approvals/TRI-1/", {"decision": "maybe"}).status_code == 422
    job.refresh_from_db()
    assert job.state == "awaiting"


def test_nobody_decides_on_his_own_job(sign_in, manager, second_manager, awaiting):
    job, client = awaiting(by=manager), sign_in(manager)
    page = client.get("/approvals/")
    assert "You submitted it yourself, so another manager decides." in text(page)
    assert 'value="approve"' not in page.content.decode()
    assert client.get("/approvals/").context["menu_counts"]["approvals"] == 0
    client.post("/approvals/TRI-1/", {"decision": "approve"})
    job.refresh_from_db()
    assert job.state == "awaiting"
    assert sign_in(second_manager).get("/approvals/").context["menu_counts"]["approvals"] == 1


def test_who_changed_a_job_is_not_offered_to_decide_on_it(sign_in, manager, second_manager, awaiting):
    job = change_job(job=awaiting(), by=manager, params={"epochs": 150})
    for address, button in (("/approvals/", 'value="approve"'), (job.get_absolute_url(), "/approve/")):
        page = sign_in(manager).get(address)
        assert "You changed it, so another manager decides." in text(page)
        assert button not in page.content.decode()
        other = sign_in(second_manager).get(address)
        assert "You changed it" not in text(other)
        assert button in other.content.decode()


def test_an_engineer_sees_his_own_requests_and_nobody_elses(sign_in, engineer, manager, make_user, project, awaiting):
    mei = make_user("mei.tanaka")
    project.memberships.create(user=mei)
    mine = awaiting(epochs=3)
    other = awaiting(epochs=4, by=mei)
    decline_job(job=awaiting(epochs=5, by=mei), by=manager, reason="A secret reason")
    approve_job(job=awaiting(epochs=6), by=manager)
    answer = sign_in(engineer).get("/approvals/")
    assert requests_of(answer) == [mine]
    assert other.name not in text(answer).replace("TRI-1", "").split()
    assert [approval.job.number for approval in answer.context["inbox"].decided] == [4]
    assert "A secret reason" not in text(answer)
    assert 'value="approve"' not in answer.content.decode()


def test_only_managers_decide_and_only_on_what_they_see(sign_in, engineer, viewer, stranger, finance_user, awaiting):
    job = awaiting()
    answers = {
        person: sign_in(person).post("/approvals/TRI-1/", {"decision": "approve"}).status_code
        for person in (engineer, viewer, stranger, finance_user)
    }
    assert list(answers.values()) == [403, 403, 404, 403]
    job.refresh_from_db()
    assert job.state == "awaiting"


def test_nothing_is_decided_without_the_token_of_the_form(manager, awaiting):
    awaiting()
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    assert client.post("/approvals/TRI-1/", {"decision": "approve"}).status_code == 403
    assert client.get("/approvals/TRI-1/").status_code == 405


def test_the_menu_counts_what_waits_for_me_and_the_notice_leads_there(sign_in, manager, engineer, viewer, awaiting):
    awaiting()
    client = sign_in(manager)
    assert "Approvals 1" in text(client.get("/"))
    assert Notice.objects.get(user=manager, kind="approval_asked").url == "/approvals/#TRI-1"
    assert 'id="TRI-1"' in client.get("/approvals/").content.decode()
    assert "Approvals 1" in text(sign_in(engineer).get("/"))
    assert "Approvals" not in text(sign_in(viewer).get("/"))


def test_a_twin_is_named_before_money_is_spent_twice(sign_in, manager, finish, awaiting):
    finish(epochs=7)
    awaiting(epochs=7)
    page = text(sign_in(manager).get("/approvals/"))
    assert "The same recipe, settings and data as TRI-1" in page
    assert "has 1 finished job of this recipe to learn from" in page


def test_the_inbox_asks_the_same_number_of_questions_for_1_and_for_20_jobs(sign_in, manager, awaiting):
    client = sign_in(manager)

    def count():
        client.get("/approvals/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/approvals/")
        return len(seen)

    approve_job(job=awaiting(epochs=2), by=manager)
    awaiting(epochs=3)
    few = count()
    for epochs in range(4, 24):
        awaiting(epochs=epochs)
    approve_job(job=awaiting(epochs=30), by=manager)
    assert count() == few


def test_a_manager_reads_that_a_time_limit_will_probably_stop_the_job(
    sign_in, manager, engineer, awaiting, compute_line
):
    job = awaiting(epochs=50)
    assert "stopped at its time limit" not in text(sign_in(manager).get("/approvals/"))
    change_job(job=job, by=engineer, params=job.params, time_limit_s=1)
    page = text(sign_in(manager).get("/approvals/"))
    assert "It will probably be stopped at its time limit (1.0 s)." in page


def test_a_job_on_data_that_have_changed_since_is_no_twin(sign_in, manager, finish, awaiting):
    finish(epochs=7, dataset="parcels")  # its run read data of another digest than what lies in that folder now
    awaiting(epochs=7, dataset="parcels")
    assert "settings and data as TRI-1" not in text(sign_in(manager).get("/approvals/"))
