"""The real engine through the real job path into the real MLflow."""

import subprocess
import sys

import pytest

from engine.artifact import load_artifact
from experiments.models import ModelVersion
from people.models import OutboxMessage
from portal.invariants import find_breaches
from trainingjobs.logs import read_tail
from trainingjobs.services import deliver_outbox, run_one, submit_job
from trainingjobs.services.claim import claim_job

pytestmark = pytest.mark.slow


@pytest.fixture
def finish(project, engineer, compute_line, hints):
    """Submit, run and publish; the job as it is afterwards."""

    def run(recipe, parent=None, **params):
        job = submit_job(project=project, recipe=recipe, params=params, by=engineer, parent=parent)
        assert run_one(job.pk)
        deliver_outbox()
        job.refresh_from_db()
        assert job.state == "succeeded", f"{job.error_message}\n{read_tail(job)}"
        return job

    return run


def load_with_mlflow_alone(settings, model):
    """The inputs of the registered model, in a process that knows nothing of Throughline."""
    code = (
        "import sys, mlflow.onnx; mlflow.set_tracking_uri(sys.argv[1]); "
        "print([port.name for port in mlflow.onnx.load_model(sys.argv[2]).graph.input])"
    )
    address = f"models:/{model.registered_name}/{model.registered_version}"
    done = subprocess.run(
        [sys.executable, "-c", code, settings.MLFLOW_TRACKING_URI, address],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_a_line_is_fitted_charged_tracked_and_registered(finish, settings):
    job = finish("linear-regression", epochs=50)
    model = ModelVersion.objects.get(run=job.run)
    message = OutboxMessage.objects.get(topic="publish_run")
    assert (message.last_error, message.delivered_at is not None) == ("", True)
    assert (model.registered_name, model.registered_version >= 1) == ("TRI-linear-regression", True)
    assert len(job.run.mlflow_run_id) == 32
    assert job.run.series.filter(name="train_loss").exists()
    assert job.run.dataset.digest
    assert load_artifact(settings.JOBS_DIR / model.path).digest == model.digest
    assert job.cpu_core_seconds > 0.5
    assert "['" in load_with_mlflow_alone(settings, model)
    assert find_breaches() == []


def test_a_classifier_is_trained_and_compressed(finish):
    trained = finish("image-classifier", epochs=1, limit=400)
    model = ModelVersion.objects.get(run=trained.run)
    compressed = finish("quantization", parent=model, calibration_images=16, rounds=5)
    child = ModelVersion.objects.get(run=compressed.run)
    assert {"train_loss", "validation_accuracy"} <= set(trained.run.series.values_list("name", flat=True))
    assert trained.run.metrics["test_accuracy"] > 0.3
    assert (compressed.run.parent, child.kind) == (model, "image-classifier-int8")
    assert compressed.run.metrics["size_bytes"] < compressed.run.metrics["parent_size_bytes"]
    assert find_breaches() == []


def test_a_data_set_that_is_not_there_fails_the_job_with_the_mend(project, engineer, compute_line, hints):
    job = submit_job(project=project, recipe="image-classifier", params={"dataset": "nowhere"}, by=engineer)
    run_one(job.pk)
    deliver_outbox()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "nowhere" in job.error_message
    assert job.error_mend
    assert job.run.mlflow_run_id
    assert find_breaches() == []


def test_two_processes_that_open_the_run_at_once_agree_on_one(submit, hints, monkeypatch):
    from dataclasses import replace

    import experiments.tracking as tracking
    from trainingjobs.services import publish

    job = claim_job(submit().pk).job
    before = publish.tracked_of(job)
    first = publish.open_tracked(job)
    monkeypatch.setattr(tracking, "_runs_of_job", lambda *_: [])  # the other one looked before the first had written
    monkeypatch.setattr(publish, "tracked_of", lambda job: replace(before, mlflow_run_id=""))
    assert publish.open_tracked(job) == first
    tag = f"tags.`{tracking.JOB_TAG}` = '{job.pk}'"
    active = tracking._client().search_runs([tracking._experiment_id(before.experiment)], tag)
    assert [run.info.run_id for run in active] == [first]
