"""The forms that open a project and take feedback: what is typed is never lost, what is wrong is said."""

import pytest
from django.utils import timezone

from experiments.models import ModelVersion, Run
from people.models import AuditEntry
from projects.models import Feedback, Portfolio, Project
from projects.services import open_project


@pytest.fixture
def project_form(department, engineer):
    portfolio = Portfolio.objects.create(name="Vision")
    return {
        "key": "new",
        "title": "A new one",
        "summary": "",
        "demand": "",
        "portfolio": portfolio.pk,
        "sponsor": department.pk,
        "lead": engineer.pk,
        "members": [],
        "started_on": "2026-11-01",
        "due_on": "",
    }


def test_a_manager_opens_a_project_and_lands_on_it(sign_in, manager, project_form):
    response = sign_in(manager).post("/projects/new/", project_form)
    assert response.url == "/projects/NEW/"
    assert AuditEntry.objects.filter(verb="open_project").exists()


@pytest.mark.parametrize("name", ["engineer", "viewer", "finance_user"])
def test_only_managers_open_projects(request, sign_in, project_form, name):
    response = sign_in(request.getfixturevalue(name)).post("/projects/new/", project_form)
    assert response.status_code == 403
    assert "managers open projects" in response.content.decode()
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": ""}, "Missing. Fill it in."),
        ({"key": "1AB"}, "Two to eight capital letters"),
        ({"started_on": "soon"}, "Write it like 2026-11-24"),
        ({"portfolio": "999"}, "Portfolio"),
    ],
)
def test_a_wrong_project_form_names_each_fault_and_keeps_the_rest(sign_in, manager, project_form, change, message):
    response = sign_in(manager).post("/projects/new/", project_form | change)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert "to correct first" in page
    assert "A new one" in page
    assert not Project.objects.exists()


def test_a_key_that_is_taken_is_refused_with_a_way_out(sign_in, manager, project, project_form):
    page = sign_in(manager).post("/projects/new/", project_form | {"key": "tri"}).content.decode()
    assert "TRI is taken by another project" in page


def feedback(**change):
    return {"score": "4", "text": "Works", "source": "Maria, billing", "received_at": "2026-11-01T10:00"} | change


def test_feedback_lands_on_the_project_page(sign_in, engineer, project):
    client = sign_in(engineer)
    assert client.post("/projects/TRI/feedback/new/", feedback()).url == "/projects/TRI/"
    assert "Works" in client.get("/projects/TRI/").content.decode()


@pytest.mark.parametrize(
    "change",
    [{"score": "6"}, {"score": ""}, {"score": "-1"}, {"text": ""}, {"source": "x" * 200}, {"received_at": "yesterday"}],
)
def test_wrong_feedback_is_refused_and_nothing_typed_is_lost(sign_in, engineer, project, change):
    response = sign_in(engineer).post("/projects/TRI/feedback/new/", feedback(**change))
    page = response.content.decode()
    assert response.status_code == 422
    assert "to correct first" in page
    assert "Works" in page or change.get("text") == ""
    assert not Feedback.objects.exists()


def test_feedback_offers_the_models_of_its_own_project_alone(sign_in, engineer, project, department, manager):
    at = timezone.now()
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=project.started_on, by=manager)  # fmt: skip
    own, foreign = (
        ModelVersion.objects.create(
            run=Run.objects.create(project=of, name=f"{of.key}-1", recipe="image-classifier", started_at=at),
            kind="onnx", path=of.key, digest="d" * 64, size_bytes=1, created_at=at,
        )
        for of in (project, other)
    )  # fmt: skip
    client, address = sign_in(engineer), "/projects/TRI/feedback/new/"
    assert ("TRI-1 onnx" in client.get(address).content.decode(), "OTH-1" in client.get(address).content.decode()) == (
        True, False,
    )  # fmt: skip
    assert client.post(address, feedback(model_version=foreign.pk)).status_code == 422
    assert client.post(address, feedback(request_id="x" * 121)).status_code == 422
    assert not Feedback.objects.exists()
    assert client.post(address, feedback(model_version=own.pk, request_id="call-7")).status_code == 302
    assert (Feedback.objects.get().model_version, Feedback.objects.get().request_id) == (own, "call-7")


def test_a_viewer_cannot_record_feedback_by_posting(sign_in, viewer, project):
    assert sign_in(viewer).post("/projects/TRI/feedback/new/", feedback()).status_code == 403
    assert not Feedback.objects.exists()


def test_a_stranger_cannot_record_feedback_by_posting(sign_in, stranger, project):
    assert sign_in(stranger).post("/projects/TRI/feedback/new/", feedback()).status_code == 404


def test_words_of_feedback_are_shown_as_words(sign_in, engineer, project):
    client = sign_in(engineer)
    client.post("/projects/TRI/feedback/new/", feedback(text="<img src=x onerror=alert(1)>"))
    assert "<img src=x" not in client.get("/projects/TRI/").content.decode()
