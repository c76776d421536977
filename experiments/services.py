"""Write the read-model of runs. Only the job path calls these, inside transactions that its fence guards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.events import Metrics, Started
from experiments.models import Dataset, MetricSeries, ModelVersion, Run
from experiments.series import Point, extend
from projects.models import Project


def start_run(
    *,
    project: Project,
    name: str,
    recipe: str,
    params: Mapping[str, Any],
    parent: ModelVersion | None,
    started_at: datetime,
) -> Run:
    """The run of a job, from its first claim on; later attempts go on with the same run."""
    return Run.objects.create(
        project=project, name=name, recipe=recipe, params=dict(params), parent=parent, started_at=started_at
    )


def describe_run(*, run_id: UUID, started: Started) -> None:
    """What the trainer found when it began: its data, known by digest, and its model."""
    known = started.dataset
    dataset, _created = Dataset.objects.get_or_create(
        digest=known["digest"],
        defaults={
            "name": known["name"],
            "version": known.get("version") or "",
            "rows": known["rows"],
            "splits": known.get("splits", {}),
        },
    )
    Run.objects.filter(pk=run_id).update(
        dataset=dataset, parameter_count=started.parameter_count, epochs=started.epochs, versions=started.versions
    )


def append_points(*, run_id: UUID, metrics: Sequence[Metrics]) -> None:
    """Add measured values to the curves of a run: one read and one write a curve, however many points."""
    curves: dict[str, list[Point]] = {}
    for event in metrics:
        for name, value in event.values.items():
            points = curves.setdefault(name, [])
            while points and points[-1].step >= event.step:
                points.pop()
            points.append(Point(event.step, event.epoch, value))
    known = {series.name: series for series in MetricSeries.objects.filter(run=run_id, name__in=curves)}
    for name, points in curves.items():
        series = known.get(name) or MetricSeries(run_id=run_id, name=name)
        extend(series, points)
        series.save()


def finish_run(
    *, run: Run, status: Run.Status, at: datetime, metrics: Mapping[str, float] | None, report: Mapping[str, Any] | None
) -> None:
    """Close a run. Without final metrics (failed, cancelled) the last point of every curve stands for them."""
    last = dict(run.series.values_list("name", "last"))
    run.status, run.finished_at = status, at
    run.metrics = {**last, **(metrics or {})}
    run.report = dict(report or {})
    run.save(update_fields=["status", "finished_at", "metrics", "report"])


def register_model(
    *, run: Run, path: Path, manifest: Mapping[str, Any], digest: str, size_bytes: int, at: datetime
) -> ModelVersion:
    """Publish the pointer to a verified artifact."""
    return ModelVersion.objects.create(
        run=run,
        kind=manifest["kind"],
        path=path.as_posix(),
        digest=digest,
        size_bytes=size_bytes,
        signature=manifest["signature"],
        created_at=at,
    )


def remember_tracking(*, run_id: UUID, mlflow_run_id: str) -> str:
    """Note under which id MLflow holds the run; the first to tell wins, and everybody learns who that was."""
    Run.objects.filter(pk=run_id, mlflow_run_id="").update(mlflow_run_id=mlflow_run_id)
    return Run.objects.values_list("mlflow_run_id", flat=True).get(pk=run_id)


def remember_registration(*, model: ModelVersion, name: str, version: int) -> None:
    """Note under which name and version MLflow registered a model."""
    ModelVersion.objects.filter(pk=model.pk).update(registered_name=name, registered_version=version)
