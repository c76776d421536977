"""The only door to MLflow. Import it late and only in a worker: it loads mlflow, which no web process may.

Everything can be told twice: a run is found by its job's tag, a point by its step, a model version by its run. Nothing
is ever loaded back: a model file that others can shape is not opened here.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")

import mlflow
from django.conf import settings
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from engine.artifact import GRAPH, MANIFEST
from engine.events import Metrics
from experiments.series import Point
from experiments.tracked import FinishedRun, Published, TrackedRun

BATCH = 1000  # metrics that MLflow takes in one call
JOB_TAG = "throughline.job_id"


def prepare_store() -> None:
    """Create the tables of the tracking store, so that the first two workers need not race for it."""
    _client()


def open_run(tracked: TrackedRun) -> str:
    """The id of the run in MLflow: the one it has, the one an earlier attempt opened, or a new one."""
    experiment_id = _experiment_id(tracked.experiment)
    known = [tracked.mlflow_run_id] if tracked.mlflow_run_id else _runs_of_job(experiment_id, tracked)
    if known:
        _client().log_batch(known[0], tags=_tags(tracked))
        return known[0]
    run = _client().create_run(
        experiment_id, start_time=tracked.started_ms, run_name=tracked.name, tags=dict(tracked.tags)
    )
    _client().log_batch(run.info.run_id, params=[Param(name, value) for name, value in tracked.params.items()])
    return run.info.run_id


def drop_run(mlflow_run_id: str) -> None:
    """Take back a run that was opened while somebody else opened one for the same job."""
    _client().delete_run(mlflow_run_id)


def log_points(mlflow_run_id: str, events: Sequence[Metrics]) -> None:
    """Write the values of many events with as few calls as MLflow allows."""
    _log_metrics(
        mlflow_run_id,
        [
            Metric(name, value, int(event.at * 1000), event.step)
            for event in events
            for name, value in event.values.items()
        ],
    )


def publish_run(tracked: TrackedRun, finished: FinishedRun) -> Published:
    """Bring MLflow's run to what the portal knows: lacking points, final values, files, the model, the status."""
    mlflow_run_id = open_run(tracked)
    for name, points in finished.curves.items():
        _log_metrics(mlflow_run_id, _lacking(mlflow_run_id, name, points, tracked.started_ms, finished.finished_ms))
    _log_metrics(mlflow_run_id, _final_values(finished))
    _log_files(mlflow_run_id, finished)
    name, version = _register(mlflow_run_id, tracked, finished, finished.artifact) if finished.artifact else ("", 0)
    _client().set_terminated(mlflow_run_id, finished.status, finished.finished_ms)
    for other in _runs_of_job(_experiment_id(tracked.experiment), tracked):
        if other != mlflow_run_id:  # of a process that died before it could take its own back
            drop_run(other)
    return Published(mlflow_run_id, name, version)


# Runs and their values


def _runs_of_job(experiment_id: str, tracked: TrackedRun) -> list[str]:
    runs = _client().search_runs([experiment_id], f"tags.`{JOB_TAG}` = '{tracked.tags[JOB_TAG]}'")
    return [run.info.run_id for run in runs]


def _tags(tracked: TrackedRun) -> list[RunTag]:
    return [RunTag(name, value) for name, value in tracked.tags.items()]


def _log_metrics(mlflow_run_id: str, metrics: Sequence[Metric]) -> None:
    for start in range(0, len(metrics), BATCH):
        _client().log_batch(mlflow_run_id, metrics=metrics[start : start + BATCH])


def _lacking(mlflow_run_id: str, name: str, points: Sequence[Point], started_ms: int, finished_ms: int) -> list[Metric]:
    """The points that MLflow does not have because it was away; their times are spread over the run by step."""
    known = {metric.step for metric in _client().get_metric_history(mlflow_run_id, name)}
    last = max((point.step for point in points), default=0) or 1
    return [
        Metric(name, point.value, started_ms + int((finished_ms - started_ms) * point.step / last), point.step)
        for point in points
        if point.step not in known
    ]


def _final_values(finished: FinishedRun) -> list[Metric]:
    """Final metrics that are no curve's last point, at the last step."""
    last = {name: points[-1].value for name, points in finished.curves.items() if points}
    step = max((points[-1].step for points in finished.curves.values() if points), default=0)
    return [
        Metric(name, value, finished.finished_ms, step)
        for name, value in finished.metrics.items()
        if value is not None and last.get(name) != value
    ]


def _log_files(mlflow_run_id: str, finished: FinishedRun) -> None:
    _client().log_text(mlflow_run_id, finished.log, "log.txt")
    _client().log_text(mlflow_run_id, json.dumps(finished.report, indent=2), "report.json")
    if finished.artifact:
        _client().log_artifact(mlflow_run_id, str(finished.artifact / MANIFEST))


# The model


def _register(mlflow_run_id: str, tracked: TrackedRun, finished: FinishedRun, artifact: Path) -> tuple[str, int]:
    """Register the run's model once; the version that an earlier delivery made is found by its run."""
    name = finished.registered_name
    try:
        _client().create_registered_model(name, tags={"throughline.project": tracked.experiment})
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = list(_client().search_model_versions(f"name = '{name}' and run_id = '{mlflow_run_id}'"))
    if not made:
        model_id = _log_model(mlflow_run_id, tracked, finished, artifact)
        made = [
            _client().create_model_version(
                name, f"models:/{model_id}", run_id=mlflow_run_id, model_id=model_id, tags=dict(tracked.tags)
            )
        ]
    return name, int(made[0].version)


def _log_model(mlflow_run_id: str, tracked: TrackedRun, finished: FinishedRun, artifact: Path) -> str:
    """Log the ONNX graph in MLflow's own flavour, which loads without code of ours; returns the id of the model."""
    import mlflow.onnx
    import onnx
    from mlflow.models import Model

    experiment_id = _experiment_id(tracked.experiment)
    for known in _client().search_logged_models([experiment_id], f"source_run_id = '{mlflow_run_id}'"):
        if known.status == LoggedModelStatus.READY:
            return known.model_id  # an earlier delivery got this far
    logged = _client().create_logged_model(
        experiment_id,
        name="model",
        source_run_id=mlflow_run_id,
        tags=dict(tracked.tags),
        params=dict(tracked.params),
    )
    graph = onnx.load(str(artifact / GRAPH), load_external_data=False)
    description = Model(run_id=mlflow_run_id, model_id=logged.model_id, artifact_path=logged.artifact_location)
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "model")
        mlflow.onnx.save_model(
            graph,
            target,
            signature=_signature(finished.signature),
            save_as_external_data=False,
            pip_requirements=["onnx", "onnxruntime"],  # named, so that nothing is loaded to find them out
            mlflow_model=description,
        )
        _client().log_model_artifacts(logged.model_id, target)
    _client().finalize_logged_model(logged.model_id, "READY")
    _client().log_outputs(mlflow_run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return logged.model_id


def _signature(signature: Mapping[str, Any]) -> Any:
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    def schema(specs: Sequence[Mapping[str, Any]]) -> Schema:
        return Schema([TensorSpec(np.dtype(spec["dtype"]), tuple(spec["shape"]), spec["name"]) for spec in specs])

    return ModelSignature(inputs=schema(signature["inputs"]), outputs=schema(signature["outputs"]))


# The store


@cache
def _experiment_id(name: str) -> str:
    """One experiment a project; found, brought back from the bin, or made."""
    known = _client().get_experiment_by_name(name)
    if known is None:
        try:
            return _client().create_experiment(name, artifact_location=_artifact_location(name))
        except MlflowException as error:
            known = _client().get_experiment_by_name(name)  # another worker was faster
            if known is None:
                raise error
    if known.lifecycle_stage == "deleted":
        _client().restore_experiment(known.experiment_id)
    return known.experiment_id


def _artifact_location(name: str) -> str | None:
    """A folder of ours for a local store; a tracking server decides for itself."""
    if not _is_local():
        return None
    folder = Path(settings.MLFLOW_ARTIFACT_ROOT) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve().as_uri()


def _is_local() -> bool:
    return not str(settings.MLFLOW_TRACKING_URI).startswith(("http://", "https://", "databricks"))


@cache
def _client() -> MlflowClient:
    uri = str(settings.MLFLOW_TRACKING_URI)
    with _alone_at_first(uri):
        mlflow.set_tracking_uri(uri)  # the registry asks for a logged model by way of the global address
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)  # opened apart from the runs, and only now
        return client


@contextmanager
def _alone_at_first(uri: str) -> Iterator[None]:
    """Opening a fresh local store creates its tables; two processes that do so at once would both fail.

    One that was opened before needs no lock, which a process that hangs could hold for ever.
    """
    root, opened = Path(settings.MLFLOW_ARTIFACT_ROOT), f"{mlflow.__version__} {uri}"
    mark = root / ".opened"
    if not _is_local() or (mark.exists() and mark.read_text() == opened):
        yield
        return
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        mark.write_text(opened)
