"""What MLflow is told about a run, as plain values: made from rows here, sent by `experiments.tracking`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from experiments.models import Run
from experiments.series import Point, unpack


@dataclass(frozen=True)
class TrackedRun:
    """A run as MLflow shows it from its beginning on."""

    experiment: str
    name: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    started_ms: int
    mlflow_run_id: str


@dataclass(frozen=True)
class FinishedRun:
    """How a run ended: final values, whole curves, and the files worth keeping. `artifact` only when it succeeded."""

    status: str  # FINISHED, FAILED or KILLED
    finished_ms: int
    metrics: Mapping[str, float]
    curves: Mapping[str, list[Point]]
    report: Mapping[str, Any]
    log: str
    artifact: Path | None
    signature: Mapping[str, Any]
    registered_name: str


@dataclass(frozen=True)
class Published:
    """Under which names MLflow keeps a run and its model; version 0 = no model."""

    mlflow_run_id: str
    name: str = ""
    version: int = 0


_STATUS = {Run.Status.FINISHED: "FINISHED", Run.Status.FAILED: "FAILED", Run.Status.CANCELLED: "KILLED"}


def tracked_run(run: Run, tags: Mapping[str, str]) -> TrackedRun:
    known = {"throughline.recipe": run.recipe, "throughline.project": run.project.key}
    if run.dataset:
        known["throughline.dataset_digest"] = run.dataset.digest
    return TrackedRun(
        experiment=run.project.key,
        name=run.name,
        params={name: str(value) for name, value in run.params.items()},
        tags={**known, **tags},
        started_ms=_milliseconds(run.started_at),
        mlflow_run_id=run.mlflow_run_id,
    )


def finished_run(run: Run, *, log: str, artifact: Path | None, signature: Mapping[str, Any]) -> FinishedRun:
    return FinishedRun(
        status=_STATUS[Run.Status(run.status)],
        finished_ms=_milliseconds(run.finished_at or run.started_at),
        metrics=run.metrics,
        curves={series.name: unpack(bytes(series.points)) for series in run.series.all()},
        report=run.report,
        log=log,
        artifact=artifact,
        signature=signature,
        registered_name=f"{run.project.key}-{run.recipe}",
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
