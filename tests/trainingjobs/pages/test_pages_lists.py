import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments.models import ModelVersion
from trainingjobs.export import harmless
from trainingjobs.models import TrainingJob


def text(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def names(response):
    return [job.name for job in response.context["page"]]


def queries_of(client, url):
    client.get(url)  # warms what is asked once a process
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_the_list_asks_the_same_number_of_questions_for_2_and_for_30_jobs(
    sign_in, engineer, manager, submit, finish, settings
):
    finish()
    submit(epochs=2)
    clients = [sign_in(engineer), sign_in(manager)]
    few = [queries_of(client, url) for client in clients for url in ("/jobs/", "/models/")]
    for epochs in range(3, 31):
        submit(epochs=epochs)
    finish(epochs=40)
    finish(epochs=41)
    many = [queries_of(client, url) for client in clients for url in ("/jobs/", "/models/")]
    assert many == few
    assert max(many) <= 14


def test_jobs_are_filtered_by_project_recipe_state_person_and_text(sign_in, engineer, manager, submit, fail):
    failed, queued = fail(), submit(recipe="linear-regression", by=manager)
    client = sign_in(engineer)
    for query, expected in {
        "state=failed": [failed], "recipe=linear-regression": [queued], f"by={manager.pk}": [queued], "q=TRI-1": [failed],  # noqa: E501
        "q=no+data+set": [failed], "q=regression": [queued], "q=vogel": [queued], "project=TRI": [queued, failed],
        "project=NOPE": [], "state=failed&recipe=linear-regression": [], "q=%00": [queued, failed],
    }.items():  # fmt: skip
        assert names(client.get(f"/jobs/?{query}")) == [job.name for job in expected], query


def test_among_many_projects_a_key_is_typed_and_the_busiest_are_offered(sign_in, engineer, submit, monkeypatch):
    job = submit()
    client = sign_in(engineer)
    assert '<select class="input" id="f-project"' in client.get("/jobs/").content.decode()
    monkeypatch.setattr("projects.querysets.MOST_OFFERED", 0)
    for page in ("/jobs/", "/models/?q=x"):
        assert '<input class="input" id="f-project"' in client.get(page).content.decode()
    assert names(client.get("/jobs/?project=tri")) == [job.name]
    assert "/projects/TRI/jobs/new/" in client.get("/jobs/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "recipe=nonsense",
        "by=abc",
        "by=99999999999999999999",
        "sort=nonsense",
        "sort=--cost",
        "page=abc",
    ],
)
def test_words_that_mean_nothing_are_left_out(sign_in, engineer, submit, query):
    submit()
    answer = sign_in(engineer).get(f"/jobs/?{query}")
    assert answer.status_code == 200
    assert len(names(answer)) == 1


def test_jobs_are_ordered_by_cost_and_by_number(sign_in, engineer, submit):
    for cost in (300, 100, 200):
        job = submit(epochs=cost // 2)
        TrainingJob.objects.filter(pk=job.pk).update(cost_micro=cost)
    client = sign_in(engineer)
    assert names(client.get("/jobs/?sort=-cost")) == ["TRI-1", "TRI-3", "TRI-2"]
    assert names(client.get("/jobs/?sort=job")) == ["TRI-1", "TRI-2", "TRI-3"]
    assert 'aria-sort="descending"' in text(client.get("/jobs/?sort=-cost"))
    for sort in ("recipe", "state", "by", "submitted", "duration"):
        assert len(names(client.get(f"/jobs/?sort={sort}"))) == 3


def test_the_list_is_paged(sign_in, engineer, submit):
    for epochs in range(1, 28):
        submit(epochs=epochs)
    client = sign_in(engineer)
    assert len(names(client.get("/jobs/"))) == 25
    assert len(names(client.get("/jobs/?page=2"))) == 2
    assert "Page 2 of 2" in text(client.get("/jobs/?page=2"))


def test_rows_refresh_only_while_a_job_is_under_way(sign_in, engineer, finish, submit):
    finish()
    client = sign_in(engineer)
    assert 'hx-trigger="every 3s' not in text(client.get("/jobs/"))
    submit(epochs=3)
    live = text(client.get("/jobs/"))
    assert 'hx-trigger="every 3s' in live
    assert 'hx-disinherit="*"' in live  # else the explanations in its rows would look for the table in their answer


def test_every_cost_in_the_list_explains_itself(sign_in, engineer, finish):
    job = finish()
    assert f"/explain/job-cost/{job.pk}/" in text(sign_in(engineer).get("/jobs/"))


def test_an_empty_list_says_what_would_be_there(sign_in, engineer, viewer, stranger, project):
    assert "Submit the first job" in text(sign_in(engineer).get("/jobs/"))
    assert "Submit the first job" not in text(sign_in(viewer).get("/jobs/"))
    assert "No job fits these filters" in text(sign_in(engineer).get("/jobs/?q=zzz"))
    assert "No model yet" in text(sign_in(stranger).get("/models/"))


def test_a_stranger_sees_no_job_no_model_no_project_and_no_person(sign_in, stranger, engineer, finish):
    finish()
    client = sign_in(stranger)
    for url in ("/jobs/", "/models/"):
        page = text(client.get(url))
        assert "TRI" not in page.replace("TRI-47", "")
        assert str(engineer) not in page
    assert len(b"".join(client.get("/jobs.csv")).splitlines()) == 1


def test_the_export_holds_what_the_filters_show(sign_in, engineer, submit, finish):
    finish()
    submit(recipe="linear-regression")
    rows = list(csv.reader(io.StringIO(b"".join(sign_in(engineer).get("/jobs.csv?state=queued")).decode("utf-8-sig"))))
    assert rows[0][0] == "Job"
    assert [row[0] for row in rows[1:]] == ["TRI-2"]
    assert "epochs=200" in rows[1][12]


def test_the_export_holds_no_live_formula(sign_in, engineer, fail, project):
    job = fail()
    TrainingJob.objects.filter(pk=job.pk).update(error_message='=HYPERLINK("http://evil","x")')
    project.title = "@SUM(1)"
    project.save()
    rows = list(csv.reader(io.StringIO(b"".join(sign_in(engineer).get("/jobs.csv")).decode("utf-8-sig"))))
    assert rows[1][1] == "'@SUM(1)"
    assert rows[1][13].startswith("'=HYPERLINK")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "\xa0=1", "fine\n=1", "＝1"])
def test_cells_that_a_spreadsheet_would_run_are_quoted(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["TRI-47", "a=1", "", -3, 0.5])
def test_harmless_cells_stay_as_they_are(cell):
    assert harmless(cell) == cell


def test_models_show_kind_metric_size_digest_and_what_they_were_made_from(sign_in, engineer, finish):
    parent = finish()
    child = finish(
        recipe="quantization",
        parent=parent.run.model_version,
        kind="image-classifier-int8",
        metrics={"size_ratio": 3.9},
    )
    ModelVersion.objects.filter(run=child.run).update(
        registered_name="TRI-int8", registered_version=2, digest="c0ffee" + "0" * 58
    )
    client = sign_in(engineer)
    page = text(client.get("/models/"))
    for word in (
        "image-classifier-int8",
        "3.90",
        "5 B",
        "TRI-int8",
        "version 2",
        "c0ffee000000",
        f'<a href="{parent.get_absolute_url()}">',
    ):
        assert word in page
    for query, count in {"kind=image-classifier": 1, "q=c0ffee": 1, "q=TRI": 2, "project=NOPE": 0}.items():
        assert len(client.get(f"/models/?{query}").context["page"].object_list) == count


def test_the_time_that_a_job_took_leaves_its_pauses_out(sign_in, engineer, finish):
    job = finish()
    end = timezone.now()
    job.attempts.update(started_at=end - timedelta(seconds=42), ended_at=end)
    type(job).objects.filter(pk=job.pk).update(started_at=end - timedelta(hours=2), finished_at=end)
    page = text(sign_in(engineer).get("/jobs/"))
    assert "42 s" in page
    assert "2 h" not in page
