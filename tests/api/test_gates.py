"""Gates by REST: criteria, reviews with live readings, decisions whose digest any client can work out."""

import hashlib
import json

from outcomes.models import GateDecision


def test_a_client_works_the_digest_and_the_signature_out_again(world, manager, api):
    row = api(manager).get(f"/api/v1/gate-decisions/{world.decision.pk}/").json()
    facts = json.dumps(row["evidence"]["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert facts == row["evidence"]["canonical"]
    assert hashlib.sha256(facts.encode()).hexdigest() == row["evidence"]["digest"]
    assert hashlib.sha256(row["signed"].encode()).hexdigest() == row["signature"]
    signed = json.loads(row["signed"])
    assert (signed["digest"], signed["outcome"]) == (row["evidence"]["digest"], "recycle")


def test_a_review_goes_from_the_question_to_the_decision(world, engineer, manager, api):
    path = f"/api/v1/gate-reviews/{world.review.pk}/"
    point = world.gate.criteria.get().pk
    client = api(engineer)
    assert client.get(f"{path}readings/").json()[0]["missing"] == "Nobody has answered this yet."
    refused = api(manager).post(f"{path}decide/", {"outcome": "go", "reasons": "Yes"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "must_meet_open")
    assert client.post(f"{path}answer/", {"criterion": point, "met": True}).json()["checks"][str(point)]["met"]
    decided = api(manager).post(f"{path}decide/", {"outcome": "go", "reasons": "Yes"})
    assert decided.json()["effects"]["station"] == "data"
    assert client.get(path).json()["state"] == "decided"
    assert client.get("/api/v1/gate-reviews/?open=true").json()["count"] == 0
    assert GateDecision.objects.count() == 2
    again = api(manager).post(f"{path}decide/", {"outcome": "hold", "reasons": "No"})
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


def test_a_second_question_conflicts_with_the_one_that_waits(world, engineer, api):
    answer = api(engineer).post("/api/v1/gate-reviews/", {"project": "TRI", "gate": world.gate.pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "review_open")


def test_criteria_without_a_bound_are_refused(world, manager, api):
    body = {
        "horizon": "core",
        "station": "training",
        "title": "Ready?",
        "criteria": [{"title": "Money", "kind": "must_meet", "fact": "available"}],
    }
    assert api(manager).post("/api/v1/gates/", body).status_code == 422
