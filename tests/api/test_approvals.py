"""Decisions on prices over REST: read by whoever sees the job, and by nobody else."""

import pytest

from trainingjobs.services import approve_job, change_job, decline_job, submit_job


@pytest.fixture
def decided(project, budget, engineer, manager):
    """Two jobs above the threshold: one approved and then changed, one declined."""
    project.approval_threshold_minor = 0
    project.save()
    work = {"project": project, "recipe": "linear-regression", "params": {}, "by": engineer}
    approved, declined = submit_job(**work), submit_job(**work)
    approve_job(job=approved, by=manager)
    change_job(job=approved, by=engineer, params={"epochs": 7})
    decline_job(job=declined, by=manager, reason="Too dear.")
    return approved, declined


def test_decisions_say_who_decided_what_on_which_price(decided, engineer, api):
    approved, declined = decided
    no, yes = api(engineer).get("/api/v1/approvals/").json()["results"]
    assert (no["job"], no["decision"], no["by"], no["reason"]) == (
        str(declined.pk),
        "declined",
        "katrin.vogel",
        "Too dear.",
    )
    assert (no["currency"], no["reserved"], no["voided_at"]) == ("EUR", "0.01", None)
    assert (yes["job"], yes["decision"], yes["voided_at"][-1]) == (str(approved.pk), "approved", "Z")
    assert api(engineer).get(f"/api/v1/approvals/{no['id']}/").json() == no


def test_decisions_are_found_by_job_decision_and_whether_they_hold(decided, engineer, api):
    client = api(engineer)

    def found(query):
        return [row["decision"] for row in client.get(f"/api/v1/approvals/?{query}").json()["results"]]

    assert found(f"job={decided[0].pk}") == ["approved"]
    assert found("decision=declined") == ["declined"]
    assert found("valid=true") == ["declined"]
    assert found("valid=false") == ["approved"]
    assert found("by=katrin.vogel&project=TRI") == ["declined", "approved"]
    assert client.get("/api/v1/approvals/?decision=perhaps").status_code == 422


def test_what_awaits_a_decision_is_a_filter_of_the_jobs(decided, manager, api):
    rows = api(manager).get("/api/v1/jobs/?state=awaiting").json()["results"]
    assert [(row["id"], row["needs_approval"]) for row in rows] == [(str(decided[0].pk), True)]


def test_a_stranger_sees_no_decision(decided, stranger, api):
    assert api(stranger).get("/api/v1/approvals/").json()["count"] == 0
    assert api(stranger).get(f"/api/v1/approvals/?job={decided[0].pk}").json().get("count", 0) == 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_decisions_are_only_read(method, decided, manager, api):
    assert getattr(api(manager), method)("/api/v1/approvals/", {}).status_code in {403, 405}
