"""Feedback over REST names the model version and the request that it is about."""

import pytest

from projects.models import Feedback
from projects.services import open_project


@pytest.fixture
def other(project, department, engineer, manager):
    return open_project(
        key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=manager,
        started_on=project.started_on, by=manager,
    )  # fmt: skip


def said(**change):
    return {"project": "TRI", "score": 2, "text": "A seven read as a one", "source": "Li"} | change


def test_feedback_names_its_model_and_its_request_in_and_out(make_run, engineer, api):
    about = {"model_version": str(make_run().model_version.pk), "request_id": "call-7"}
    client = api(engineer)
    for _ in range(2):  # a source may say more than one thing about the same request
        answer = client.post("/api/v1/feedback/", said(**about))
        assert (answer.status_code, {name: answer.json()[name] for name in about}) == (201, about)
    assert client.get("/api/v1/feedback/").json()["results"][0].items() >= about.items()


def test_feedback_without_either_says_so(project, engineer, api):
    answer = api(engineer).post("/api/v1/feedback/", said(model_version=None)).json()
    assert (answer["model_version"], answer["request_id"]) == (None, "")


def test_feedback_is_filtered_by_its_model_and_its_request(make_run, engineer, api):
    client, model = api(engineer), make_run().model_version
    client.post("/api/v1/feedback/", said(model_version=str(model.pk), request_id="call-7"))
    client.post("/api/v1/feedback/", said())
    other = make_run("TRI-8", digest="e" * 64).model_version
    found = [
        client.get(f"/api/v1/feedback/?{query}").json()["count"]
        for query in (f"model_version={model.pk}", f"model_version={other.pk}", "request_id=call-7", "request_id=call")
    ]
    assert found == [1, 0, 1, 0]


@pytest.mark.parametrize(("role", "code"), [("manager", "wrong_project"), ("engineer", "does_not_exist")])
def test_a_model_of_another_project_is_refused(role, code, other, make_run, api, request):
    model = make_run("OTH-1", project=other).model_version
    answer = api(request.getfixturevalue(role)).post("/api/v1/feedback/", said(model_version=str(model.pk)))
    fault = answer.json()["errors"][0]
    assert (answer.status_code, fault["field"], fault["code"]) == (422, "model_version", code)
    assert not Feedback.objects.exists()


def test_a_request_is_named_in_120_characters(project, engineer, api):
    fault = api(engineer).post("/api/v1/feedback/", said(request_id="x" * 121)).json()["errors"][0]
    assert (fault["field"], fault["code"]) == ("request_id", "max_length")
