"""The verbs on jobs over REST: what each answers, what it refuses and with which status."""

from uuid import uuid4

import pytest
from django.utils import timezone

from trainingjobs.models import TrainingJob

WORK = {"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 3}}


@pytest.fixture
def act(job, engineer, api):
    """Do something with the job: `act("pause")`, `act("priority", {"priority": 1}, by=manager)`."""

    def post(verb, body=None, by=engineer):
        return api(by).post(f"/api/v1/jobs/{job.pk}/{verb}/", body)

    return post


@pytest.fixture
def bulk(engineer, api):
    def post(action, *jobs, by=engineer, **more):
        keys = [str(getattr(job, "pk", job)) for job in jobs]
        return api(by).post("/api/v1/jobs/act/", {"action": action, "jobs": keys, **more})

    return post


@pytest.fixture
def hidden(job, manager, department, make_user, rate_card):
    """A job of a team to which the engineer does not belong."""
    from finance.services.budget import approve_budget
    from projects.services import open_project
    from trainingjobs.services import submit_job

    project = open_project(
        key="OTH",
        title="Other",
        portfolio=job.project.portfolio,
        sponsor=department,
        lead=make_user("zoe.other"),
        started_on=job.project.started_on,
        by=manager,
    )
    approve_budget(
        project=project, name="x", currency="EUR", lines={"compute": 9_000}, on=project.started_on, by=manager
    )
    return submit_job(project=project, recipe="linear-regression", params={}, by=manager)


def stands(job, state, **fields):
    ended = {"finished_at": timezone.now()} if state in {"failed", "cancelled", "succeeded"} else {}
    lease = {"lease_until": timezone.now(), "fence": 1} if state == "running" else {}
    TrainingJob.objects.filter(pk=job.pk).update(state=state, **ended, **lease, **fields)


def test_a_job_takes_priority_and_time_limit(budget, engineer, api):
    body = api(engineer).post("/api/v1/jobs/", {**WORK, "priority": 1, "time_limit_s": 90}).json()
    assert (body["priority"], body["time_limit_s"], body["resource"], body["retry_of"]) == (1, 90.0, "cpu", None)
    assert (body["needs_approval"], body["pause_reason"], body["pause_requested_at"]) == (False, "", None)
    assert body["queued_at"] == body["submitted_at"]


def test_the_price_of_a_job_ends_at_its_time_limit_and_says_whether_that_stops_it(budget, engineer, api):
    client = api(engineer)
    free = client.post("/api/v1/jobs/", WORK).json()["forecast"]
    assert free["stop_at_limit"] is None
    job = client.post("/api/v1/jobs/", {**WORK, "time_limit_s": 1}).json()
    assert set(job["forecast"]["seconds"].values()) == {1.0}
    assert float(job["forecast"]["cost"]["high"]) < float(free["cost"]["low"])
    assert job["forecast"]["stop_at_limit"] == "probable"
    limit = (free["seconds"]["mid"] + free["seconds"]["high"]) / 2
    changed = client.patch(f"/api/v1/jobs/{job['id']}/", {"time_limit_s": limit}).json()["forecast"]
    assert (changed["seconds"]["high"], changed["stop_at_limit"]) == (limit, "possible")
    raised = client.patch(f"/api/v1/jobs/{job['id']}/", {"time_limit_s": 3600}).json()["forecast"]
    assert raised == free


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("priority", 2, "invalid_choice"),
        ("priority", True, "invalid_choice"),
        ("priority", None, "null"),
        ("time_limit_s", "soon", "invalid"),
        ("time_limit_s", True, "invalid"),
        ("retry_of", "0d3f3a5e-0000-4000-8000-000000000001", "unknown_field"),
        ("needs_approval", False, "unknown_field"),
    ],
)
def test_what_a_job_does_not_take_is_named(field, value, code, budget, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/", {**WORK, field: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert answer.json()["errors"][0]["code"] == code
    assert not TrainingJob.objects.exists()


@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_time_limit_out_of_range_is_422(limit, budget, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/", {**WORK, "time_limit_s": limit})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_time_limit")


def test_high_priority_is_403_for_who_neither_leads_nor_manages(budget, job, finance_user, act, api):
    answer = api(finance_user).post("/api/v1/jobs/", {**WORK, "priority": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "priority_not_allowed")
    assert act("priority", {"priority": 1}, by=finance_user).status_code == 403
    assert act("priority", {"priority": -1}, by=finance_user).json()["priority"] == -1
    assert act("priority", {}).status_code == 422


def test_a_job_is_paused_and_resumed(act):
    paused = act("pause").json()
    assert (paused["state"], paused["pause_reason"]) == ("paused", "asked")
    resumed = act("resume").json()
    assert (resumed["state"], resumed["pause_reason"]) == ("queued", "")


def test_a_running_job_is_asked_to_pause(job, act):
    stands(job, "running")
    body = act("pause").json()
    assert (body["state"], body["pause_requested_at"][-1]) == ("running", "Z")


@pytest.mark.parametrize(
    ("state", "verb", "code"),
    [
        ("awaiting", "pause", "cannot_pause"),
        ("succeeded", "pause", "cannot_pause"),
        ("failed", "resume", "already_ended"),
        ("queued", "retry", "cannot_retry"),
        ("succeeded", "retry", "cannot_retry"),
        ("queued", "approve", "not_awaiting"),
        ("failed", "decline", "not_awaiting"),
        ("cancelled", "priority", "already_ended"),
        ("cancelled", "cancel", "already_ended"),
    ],
)
def test_the_wrong_state_is_409_by_name(state, verb, code, job, act, manager):
    stands(job, state)
    answer = act(verb, {"decline": {"reason": "No."}, "priority": {"priority": 0}}.get(verb), by=manager)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_resume_without_money_is_409_with_the_figures(job, act, compute_line_of_job):
    stands(job, "paused", pause_reason="budget", step=5, steps=10, cost_micro=100_000_000)
    compute_line_of_job.update(planned_minor=job.reservation.amount_minor, released_minor=job.reservation.amount_minor)
    answer = act("resume")
    assert (answer.status_code, answer.json()["code"]) == (409, "over_budget")
    assert {"planned", "reserved", "spent", "short"} <= set(answer.json())


@pytest.fixture
def compute_line_of_job(job):
    from finance.models import BudgetLine

    return BudgetLine.objects.filter(pk=job.reservation.line_id)


def test_a_retry_is_a_new_job_and_the_same_token_makes_no_second(job, act):
    stands(job, "failed", error_code="bad_data")
    body = {"submission": str(uuid4())}
    first, second = act("retry", body), act("retry", body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first["Location"].endswith(f"/api/v1/jobs/{first.json()['id']}/")
    assert first.json()["id"] == second.json()["id"]
    assert (first.json()["retry_of"], first.json()["state"]) == (str(job.pk), "queued")
    assert TrainingJob.objects.count() == 2


def test_a_manager_approves_and_declines_with_a_reason(job, act, manager):
    stands(job, "awaiting", needs_approval=True)
    assert act("approve", {"reason": "Go."}, by=manager).json()["state"] == "queued"
    stands(job, "awaiting")
    missing = act("decline", {}, by=manager)
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "reason")
    assert act("decline", {"reason": "  "}, by=manager).status_code == 422
    body = act("decline", {"reason": "Too dear."}, by=manager).json()
    assert (body["state"], body["failure"]["code"]) == ("cancelled", "declined")


def test_an_approval_of_what_has_changed_since_is_409(job, act, manager, engineer, api):
    stands(job, "awaiting", needs_approval=True)
    client, address = api(engineer), f"/api/v1/jobs/{job.pk}/"
    seen = client.get(address).json()["to_approve"]
    job.project.approval_threshold_minor = 0
    job.project.save()
    changed = client.patch(address, {"params": {"epochs": 50}}).json()
    stale = act("approve", {"seen": seen}, by=manager)
    assert (stale.status_code, stale.json()["code"]) == (409, "changed")
    approved = act("approve", {"seen": changed["to_approve"]}, by=manager).json()
    assert (approved["state"], approved["to_approve"]) == ("queued", None)


def test_nobody_approves_his_own_job_by_rest(job, act, manager):
    stands(job, "awaiting", submitted_by=manager)
    answer = act("approve", by=manager)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert "himself" in answer.json()["detail"]


def test_a_change_keeps_what_it_does_not_name(job, engineer, api):
    client, address = api(engineer), f"/api/v1/jobs/{job.pk}/"
    changed = client.patch(address, {"params": {"batch_size": 64}}).json()
    assert (changed["params"]["epochs"], changed["params"]["batch_size"], changed["time_limit_s"]) == (3, 64, None)
    assert client.patch(address, {"time_limit_s": 60}).json()["params"] == changed["params"]
    assert client.patch(address, {"params": {"epochs": 2}}).json()["time_limit_s"] == 60
    assert client.patch(address, {"time_limit_s": None}).json()["time_limit_s"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"params": None}, "params"),
        ({"params": {"epochs": 0}}, "params.epochs"),
        ({"params": {"speed": 1}}, "params.speed"),
        ({"recipe": "linear-regression"}, "recipe"),
        ({"time_limit_s": "x"}, "time_limit_s"),
    ],
)
def test_a_change_that_makes_no_sense_is_422_by_field(body, field, job, engineer, api):
    answer = api(engineer).patch(f"/api/v1/jobs/{job.pk}/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    job.refresh_from_db()
    assert job.params["epochs"] == 3


def test_a_job_that_has_started_is_not_changed(job, engineer, api):
    stands(job, "running")
    answer = api(engineer).patch(f"/api/v1/jobs/{job.pk}/", {"params": {"epochs": 2}})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_started")


def test_many_jobs_answer_one_by_one_in_the_order_asked(job, bulk):
    ghost = uuid4()
    answer = bulk("cancel", ghost, job, job)
    assert answer.status_code == 200
    assert answer.json() == [
        {
            "job": str(ghost),
            "ok": False,
            "code": "not_found",
            "message": "There is nothing here that you may see.",
            "retry": None,
        },
        {"job": str(job.pk), "ok": True, "code": "", "message": "", "retry": None},
    ]
    (again,) = bulk("cancel", job).json()
    assert (again["ok"], again["code"]) == (False, "already_ended")


def test_a_job_of_another_team_reads_like_one_that_is_not_there(hidden, bulk):
    ghost = uuid4()
    other, none = bulk("cancel", hidden, ghost).json()
    assert {**other, "job": ""} == {**none, "job": ""}
    hidden.refresh_from_db()
    assert hidden.state == "queued"


def test_many_retries_name_the_new_jobs_and_the_same_token_makes_no_second(job, bulk):
    stands(job, "failed")
    token = str(uuid4())
    (first,), (second,) = bulk("retry", job, submission=token).json(), bulk("retry", job, submission=token).json()
    assert first == second
    assert TrainingJob.objects.get(pk=first["retry"]).retry_of_id == job.pk


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "delete", "jobs": [str(uuid4())]}, "action"),
        ({"action": "approve", "jobs": [str(uuid4())]}, "action"),
        ({"action": "cancel", "jobs": []}, "jobs"),
        ({"action": "cancel", "jobs": ["x"]}, "jobs.0"),
        ({"action": "cancel", "jobs": [str(uuid4()) for _number in range(201)]}, "jobs"),
        ({"action": "cancel"}, "jobs"),
    ],
)
def test_an_act_that_makes_no_sense_is_422_by_field(body, field, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/act/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("resource=cpu", 1),
        ("resource=gpu", 0),
        ("priority=0", 1),
        ("priority=1", 0),
        ("needs_approval=true", 0),
        ("needs_approval=false", 1),
        ("state=awaiting&state=queued", 1),
        ("state=paused", 0),
    ],
)
def test_jobs_are_found_by_queue_priority_and_approval(query, count, job, engineer, api):
    assert api(engineer).get(f"/api/v1/jobs/?{query}").json()["count"] == count


@pytest.mark.parametrize("query", ["resource=tpu", "priority=7", "state=asleep"])
def test_a_filter_that_means_nothing_is_422(query, job, engineer, api):
    assert api(engineer).get(f"/api/v1/jobs/?{query}").status_code == 422
