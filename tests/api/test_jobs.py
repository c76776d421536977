"""Jobs over REST: the same verbs as the form, the log as text, the curves as deltas."""

from uuid import uuid4

import pytest

from experiments.models import MetricSeries
from experiments.series import Point, extend
from trainingjobs.folders import attempt_folder
from trainingjobs.models import Attempt, TrainingJob

JOB = {"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 3}}


@pytest.fixture
def running(job, make_run):
    """The job as a worker holds it: claimed once, two curves so far."""
    from django.utils import timezone

    run = make_run(job.name)
    for name, values in (("train_loss", [2.0, 1.5, 1.0]), ("validation_loss", [2.1])):
        series = MetricSeries(run=run, name=name)
        extend(series, [Point(step, step / 10, value) for step, value in enumerate(values, 1)])
        series.save()
    TrainingJob.objects.filter(pk=job.pk).update(
        state="running", fence=1, run=run, lease_until=timezone.now(), started_at=timezone.now(), step=3, steps=30
    )
    Attempt.objects.create(job=job, fence=1, worker="host:1", started_at=timezone.now())
    job.refresh_from_db()
    return job


def test_a_job_is_submitted_priced_and_reserved(budget, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/", JOB)
    body = answer.json()
    job = TrainingJob.objects.get()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"/api/v1/jobs/{job.pk}/")
    assert (body["name"], body["state"], body["project"], body["submitted_by"]) == (
        "TRI-1",
        "queued",
        "TRI",
        "lena.hoffmann",
    )
    assert body["params"] == job.params
    assert body["params"]["batch_size"] == 32  # the defaults are part of the record
    assert body["forecast"]["seconds"]["low"] < body["forecast"]["seconds"]["high"]
    assert body["reservation"] == job.reservation_id
    assert (body["charged"], body["failure"], body["run"], body["cost"]) == (None, None, None, "0.000000")


def test_a_job_is_priced_before_it_is_submitted_and_nothing_is_kept(budget, engineer, api, compute_line):
    answer = api(engineer).post("/api/v1/jobs/price/", {**JOB, "time_limit_s": 1})
    body = answer.json()
    assert (answer.status_code, body["currency"], body["stop_at_limit"]) == (200, "EUR", "probable")
    assert body["seconds"]["low"] <= body["seconds"]["mid"] <= body["seconds"]["high"] == 1
    assert body["energy_wh"]["low"] <= body["energy_wh"]["mid"] <= body["energy_wh"]["high"]
    assert float(body["left_after"]) == 500 - float(body["reserved"])
    assert (body["refusal"], body["same_as"], body["needs_approval"]) == (None, None, False)
    compute_line.refresh_from_db()
    assert (TrainingJob.objects.count(), compute_line.reserved_minor) == (0, 0)
    submitted = api(engineer).post("/api/v1/jobs/", JOB).json()["name"]
    assert api(engineer).post("/api/v1/jobs/price/", JOB).json()["same_as"] == submitted


def test_a_price_over_budget_and_wrong_settings_say_the_mend(budget, engineer, api, compute_line):
    type(compute_line).objects.update(planned_minor=0, released_minor=0)
    assert "Over budget" in api(engineer).post("/api/v1/jobs/price/", JOB).json()["refusal"]
    answer = api(engineer).post("/api/v1/jobs/price/", {**JOB, "params": {"epochs": 0}})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["params.epochs"]


def test_numbers_that_come_as_text_are_read(budget, engineer, api):
    assert api(engineer).post("/api/v1/jobs/", {**JOB, "params": {"epochs": "4"}}).json()["params"]["epochs"] == 4


def test_the_same_submission_sent_twice_is_one_job(budget, engineer, api):
    client, body = api(engineer), {**JOB, "submission": str(uuid4())}
    first, second = client.post("/api/v1/jobs/", body), client.post("/api/v1/jobs/", body)
    assert first.json()["id"] == second.json()["id"]
    assert TrainingJob.objects.count() == 1


def test_a_compression_job_starts_from_a_model(budget, engineer, api, make_run):
    parent = str(make_run().model_version.pk)
    answer = api(engineer).post("/api/v1/jobs/", {"project": "TRI", "recipe": "quantization", "parent": parent})
    assert (answer.status_code, answer.json()["parent"]) == (201, parent)


def test_a_model_of_the_wrong_kind_is_refused_with_the_kinds_that_fit(budget, engineer, api, make_run):
    parent = str(make_run(kind="linear-regression").model_version.pk)
    answer = api(engineer).post("/api/v1/jobs/", {"project": "TRI", "recipe": "quantization", "parent": parent})
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_parent")
    assert "image-classifier" in answer.json()["detail"]


def test_a_queued_job_is_cancelled_at_once_and_only_once(job, engineer, api):
    client = api(engineer)
    assert client.post(f"/api/v1/jobs/{job.pk}/cancel/").json()["state"] == "cancelled"
    job.reservation.refresh_from_db()
    assert job.reservation.status == "released"
    again = client.post(f"/api/v1/jobs/{job.pk}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "already_ended")


def test_cancelling_a_running_job_asks_its_supervisor(running, engineer, api):
    body = api(engineer).post(f"/api/v1/jobs/{running.pk}/cancel/").json()
    assert body["state"] == "running"
    assert body["cancel_requested_at"].endswith("Z")


def test_the_log_is_plain_text_from_its_end(running, viewer, api):
    folder = attempt_folder(running.pk, 1)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("first\nepoch 1 äöü\nlast\n")
    answer = api(viewer).get(f"/api/v1/jobs/{running.pk}/logs/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "first\nepoch 1 äöü\nlast\n"
    assert api(viewer).get(f"/api/v1/jobs/{running.pk}/logs/?limit=7").content == b"last\n"


def test_a_job_that_has_not_begun_has_an_empty_log(job, viewer, api):
    assert api(viewer).get(f"/api/v1/jobs/{job.pk}/logs/").content == b""


@pytest.mark.parametrize("limit", ["0", "-1", "x", "65537"])
def test_a_wrong_limit_of_the_log_is_422_in_json(limit, job, viewer, api):
    answer = api(viewer).get(f"/api/v1/jobs/{job.pk}/logs/?limit={limit}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == "limit"


def test_the_curves_come_whole_at_first(running, viewer, api):
    body = api(viewer).get(f"/api/v1/jobs/{running.pk}/metrics/").json()
    assert body["state"] == "running"
    assert body["series"]["train_loss"]["value"] == [2.0, 1.5, 1.0]
    assert body["series"]["train_loss"]["step"] == [1, 2, 3]


@pytest.mark.parametrize(
    "query", ["since=train_loss:2&since=validation_loss:1", "since=train_loss:2,validation_loss:1"]
)
def test_then_only_what_is_new(query, running, viewer, api):
    series = api(viewer).get(f"/api/v1/jobs/{running.pk}/metrics/?{query}").json()["series"]
    assert (series["train_loss"]["from"], series["train_loss"]["value"]) == (2, [1.0])
    assert (series["validation_loss"]["from"], series["validation_loss"]["value"]) == (1, [])


@pytest.mark.parametrize("since", ["train_loss", ":3", "train_loss:-1", "train_loss:x", "train_loss:²"])
def test_a_since_that_means_nothing_is_422(since, running, viewer, api):
    answer = api(viewer).get(f"/api/v1/jobs/{running.pk}/metrics/?since={since}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_a_pair")


def test_a_job_without_a_run_has_no_curves(job, viewer, api):
    body = api(viewer).get(f"/api/v1/jobs/{job.pk}/metrics/").json()
    assert body == {"state": "queued", "final": {}, "series": {}}


def test_attempts_say_who_worked_and_how_it_ended(running, viewer, api):
    rows = api(viewer).get(f"/api/v1/jobs/{running.pk}/attempts/").json()["results"]
    assert [(row["fence"], row["worker"], row["outcome"]) for row in rows] == [(1, "host:1", "running")]


def test_a_failed_job_tells_the_way_out(job, viewer, api):
    from django.utils import timezone

    TrainingJob.objects.filter(pk=job.pk).update(
        state="failed",
        finished_at=timezone.now(),
        error_code="bad_data",
        error_message="The file is cut short.",
        error_mend="Copy it again.",
    )
    failure = api(viewer).get(f"/api/v1/jobs/{job.pk}/").json()["failure"]
    assert failure == {"code": "bad_data", "message": "The file is cut short.", "mend": "Copy it again."}


def test_what_was_charged_is_the_posted_amount(job, viewer, api):
    from django.utils import timezone

    from trainingjobs.services.settle import settle

    TrainingJob.objects.filter(pk=job.pk).update(cpu_core_seconds=3600, state="succeeded", finished_at=timezone.now())
    settle(
        TrainingJob.objects.select_related("project", "rate_card", "reservation__line__budget").get(), at=timezone.now()
    )
    body = api(viewer).get(f"/api/v1/jobs/{job.pk}/").json()
    assert (body["cost"], body["charged"], body["currency"]) == ("0.483335", "0.49", "EUR")


def test_the_catalogue_says_what_each_recipe_takes(engineer, api, db):
    rows = {row["slug"]: row for row in api(engineer).get("/api/v1/recipes/").json()["results"]}
    classifier, quantization = rows["image-classifier"], rows["quantization"]
    assert classifier["params_schema"]["properties"]["epochs"]["maximum"] == 200
    assert classifier["objective"] == {"metric": "test_accuracy", "direction": "higher", "label": "Test accuracy"}
    assert (classifier["available"], classifier["reason"]) == (True, None)
    assert quantization["parent_kinds"] == ["image-classifier"]


def test_a_recipe_that_cannot_run_here_says_why(engineer, api, db, monkeypatch, budget):
    from engine.recipes import RECIPES

    monkeypatch.setattr(type(RECIPES["quantization"]), "needs", ("no_such_library",))
    row = api(engineer).get("/api/v1/recipes/quantization/").json()
    assert (row["available"], row["reason"]) == (False, "Not installed here: no_such_library.")
