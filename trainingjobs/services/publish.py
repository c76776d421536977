"""Tell MLflow how a run ended: everything is read from the portal's own rows, so it can be told again any time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from experiments.models import ModelVersion, Run
from experiments.services import remember_registration, remember_tracking
from experiments.tracked import FinishedRun, TrackedRun, finished_run, tracked_run
from people.outbox import handles
from trainingjobs.folders import attempt_folder, clear_job_folder, temporary_files_of
from trainingjobs.logs import tail_of
from trainingjobs.models import TrainingJob

LOG_BYTES = 1_048_576


@handles("publish_run")
def publish(payload: Mapping[str, Any]) -> None:
    """Publish one run with its curves, files and model, and note under which names MLflow keeps them."""
    from experiments.tracking import publish_run  # loads mlflow, which a web process never may

    job = TrainingJob.objects.get(run=payload["run"])
    run = Run.objects.select_related("project", "dataset").get(job=job)
    model = ModelVersion.objects.filter(run=run).first()
    open_tracked(job)
    with temporary_files_of(job.pk):
        published = publish_run(tracked_of(job), _finished(job, run, model))
    if model and published.version:
        remember_registration(model=model, name=published.name, version=published.version)


@handles("clear_job")
def clear(payload: Mapping[str, Any]) -> None:
    """Remove what an ended job needed only to go on."""
    clear_job_folder(UUID(payload["job"]))


def open_tracked(job: TrainingJob) -> str:
    """The id of the job's one run in MLflow, however many processes open it at the same moment."""
    from experiments.tracking import drop_run, open_run  # loads mlflow, which a web process never may

    assert job.run_id is not None  # noqa: S101 every claimed job has a run
    opened = open_run(tracked_of(job))
    agreed = remember_tracking(run_id=job.run_id, mlflow_run_id=opened)
    if opened != agreed:
        drop_run(opened)
    return agreed


def tracked_of(job: TrainingJob) -> TrackedRun:
    """How a job's run appears in MLflow, from its beginning on."""
    run: Run = Run.objects.select_related("project", "dataset").get(job=job)
    return tracked_run(run, tags={"throughline.job_id": str(job.pk), "throughline.fence": str(job.fence)})


def _finished(job: TrainingJob, run: Run, model: ModelVersion | None) -> FinishedRun:
    log = tail_of(attempt_folder(job.pk, job.fence), LOG_BYTES)
    artifact = Path(settings.JOBS_DIR) / model.path if model else None
    return finished_run(run, log=log, artifact=artifact, signature=model.signature if model else {})
