"""MLflow for real, in a store of its own."""

from dataclasses import replace

import pytest
from django.utils import timezone

from engine.artifact import Description, write_artifact
from engine.events import Metrics
from experiments.series import Point
from experiments.tracked import FinishedRun, TrackedRun

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from django.conf import settings

    import experiments.tracking as tracking

    folder = tmp_path_factory.mktemp("mlflow")
    before = settings.MLFLOW_TRACKING_URI, settings.MLFLOW_ARTIFACT_ROOT
    settings.MLFLOW_TRACKING_URI, settings.MLFLOW_ARTIFACT_ROOT = (
        f"sqlite:///{folder / 'm.sqlite3'}",
        folder / "artifacts",
    )
    tracking._client.cache_clear()
    tracking._experiment_id.cache_clear()
    yield tracking
    settings.MLFLOW_TRACKING_URI, settings.MLFLOW_ARTIFACT_ROOT = before
    tracking._client.cache_clear()
    tracking._experiment_id.cache_clear()


@pytest.fixture
def artifact(tmp_path):
    from onnx import TensorProto, helper

    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    signature = {
        "inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 1]}],
        "outputs": [{"name": "y", "dtype": "float32", "shape": [-1, 1]}],
    }
    write_artifact(
        tmp_path / "artifact",
        Description("line", "linear-regression", {}, {}, signature, {}, {}, 2),
        {"model.onnx": model.SerializeToString()},
    )
    return tmp_path / "artifact", signature


NOW = int(timezone.now().timestamp() * 1000)


def tracked(job, run_id=""):
    return TrackedRun(
        experiment="TRI",
        name=job,
        params={"epochs": "2"},
        started_ms=NOW - 10_000,
        mlflow_run_id=run_id,
        tags={"throughline.job_id": job, "throughline.recipe": "linear-regression"},
    )


def finished(artifact=None, signature=None, status="FINISHED"):
    curve = [Point(step, step / 2, 1 / step) for step in range(1, 5)]
    return FinishedRun(
        status=status,
        finished_ms=NOW,
        metrics={"train_loss": 0.25, "size_bytes": 12.0},
        log="epoch 1\n",
        curves={"train_loss": curve},
        report={"note": "done"},
        artifact=artifact,
        signature=signature or {},
        registered_name="TRI-linear-regression",
    )


def test_an_attempt_that_comes_later_finds_the_run_of_the_first(store):
    assert store.open_run(tracked("job-1")) == store.open_run(tracked("job-1")) != store.open_run(tracked("job-2"))


def test_points_are_written_in_one_call_however_many(store, monkeypatch):
    run_id, calls = store.open_run(tracked("job-3")), []
    client = store._client()
    log_batch = client.log_batch
    monkeypatch.setattr(client, "log_batch", lambda *args, **options: calls.append(1) or log_batch(*args, **options))
    store.log_points(run_id, [Metrics(step=step, epoch=1, values={"a": 1.0, "b": 2.0}) for step in range(400)])
    assert len(calls) == 1
    assert len(client.get_metric_history(run_id, "a")) == 400


def test_a_published_run_has_curves_files_model_and_status(store, artifact):
    folder, signature = artifact
    published = store.publish_run(tracked("job-4"), finished(folder, signature))
    run = store._client().get_run(published.mlflow_run_id)
    assert (run.info.status, run.info.run_name, run.data.params) == ("FINISHED", "job-4", {"epochs": "2"})
    assert run.data.metrics == {"train_loss": 0.25, "size_bytes": 12.0}
    assert len(store._client().get_metric_history(published.mlflow_run_id, "train_loss")) == 4
    files = {file.path for file in store._client().list_artifacts(published.mlflow_run_id)}
    assert files == {"log.txt", "report.json", "model.json"}


def test_a_registered_model_loads_with_mlflow_alone(store, artifact):
    import mlflow.onnx

    folder, signature = artifact
    published = store.publish_run(tracked("job-5"), finished(folder, signature))
    address = f"models:/{published.name}/{published.version}"
    assert [port.name for port in mlflow.onnx.load_model(address).graph.input] == ["x"]
    loaded = mlflow.models.get_model_info(address).signature
    assert (loaded.inputs.input_names(), loaded.inputs.inputs[0].shape) == (["x"], (-1, 1))


def test_publishing_twice_changes_nothing(store, artifact):
    folder, signature = artifact
    first = store.publish_run(tracked("job-6"), finished(folder, signature))
    versions = len(store._client().search_model_versions("name = 'TRI-linear-regression'"))
    assert store.publish_run(tracked("job-6"), finished(folder, signature)) == first
    assert len(store._client().search_model_versions("name = 'TRI-linear-regression'")) == versions
    assert len(store._client().get_metric_history(first.mlflow_run_id, "train_loss")) == 4


def test_the_run_of_a_process_that_died_is_taken_back_at_the_end(store):
    client = store._client()
    kept = store.open_run(tracked("job-9"))
    experiment = client.get_run(kept).info.experiment_id
    client.create_run(experiment, tags=dict(tracked("job-9").tags))
    store.publish_run(replace(tracked("job-9"), mlflow_run_id=kept), finished(status="FAILED"))
    (left,) = client.search_runs([experiment], "tags.`throughline.job_id` = 'job-9'")
    assert left.info.run_id == kept


def test_points_that_mlflow_missed_are_told_at_the_end(store):
    run_id = store.open_run(tracked("job-7"))
    store.log_points(run_id, [Metrics(step=2, epoch=1, values={"train_loss": 0.5})])
    store.publish_run(tracked("job-7"), finished(status="FAILED"))
    history = sorted(store._client().get_metric_history(run_id, "train_loss"), key=lambda metric: metric.step)
    assert [(metric.step, metric.value) for metric in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3), (4, 0.25)]
    assert store._client().get_run(run_id).info.status == "FAILED"


def test_a_run_without_a_model_registers_none(store):
    published = store.publish_run(tracked("job-8"), finished(status="KILLED"))
    assert (published.name, published.version) == ("", 0)


def test_a_process_that_hangs_while_it_opens_a_known_store_holds_up_nobody(store):
    import fcntl
    from pathlib import Path

    from django.conf import settings

    store._client()
    with (Path(settings.MLFLOW_ARTIFACT_ROOT) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store._client.cache_clear()
        assert store._client()
