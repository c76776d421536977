"""The main job of the demo, by the product's own verbs: train a classifier, quantise it, say what that is worth."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from experiments.models import ModelVersion, Run
from finance.money import to_decimal
from outcomes.models import ValueContract
from outcomes.value import Value, value_of
from projects.models import Project
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services import submit_job

PROJECT = "TRI"
TRAIN = {"epochs": 40, "batch_size": 32}
PATIENCE_S = 600


def run_main_job(*, say: Callable[[str], None]) -> dict[str, Any]:
    """Run both jobs through the queue and return what `make main-job` prints. Raises ValidationError when one fails."""
    project = Project.objects.select_related("lead").get(key=PROJECT)
    training = _submit_and_wait(project, "image-classifier", TRAIN, None, say)
    trained = ModelVersion.objects.get(run__job=training)
    compression = _submit_and_wait(project, "quantization", {}, trained, say)
    return _summary(project, training, compression)


def _submit_and_wait(
    project: Project, recipe: str, params: dict[str, Any], parent: ModelVersion | None, say: Callable[[str], None]
) -> TrainingJob:
    job = submit_job(project=project, recipe=recipe, params=params, parent=parent, by=project.lead)
    price = to_decimal(job.reservation.amount_minor, job.rate_card.currency)
    say(f"{job.name}: {recipe} submitted, price at most {job.rate_card.currency} {price}")
    seen = ""
    for _tick in _patiently(f"{job.name} has not ended. Is a worker running?"):
        job.refresh_from_db()
        now = f"{job.name}: {job.get_state_display().lower()}"
        now += f", epoch {job.epoch:.0f} of {job.epochs}" if job.epochs else ""
        if now != seen:
            say(now)
            seen = now
        if job.status.is_terminal:
            break
    if job.state != JobState.SUCCEEDED:
        raise ValidationError(f"{job.name} {job.state}: {job.error_message} {job.error_mend}", code="main_job_failed")
    for _tick in _patiently(f"MLflow has not taken the model of {job.name}. The outbox says why."):
        if ModelVersion.objects.filter(run__job=job, registered_version__isnull=False).exists():
            break
    return TrainingJob.objects.for_list().get(pk=job.pk)


def _patiently(complaint: str) -> Iterator[None]:
    """Ticks until the caller breaks off; a ValidationError when patience ends first."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        yield
        time.sleep(0.25)
    raise ValidationError(complaint, code="too_slow")


def _summary(project: Project, training: TrainingJob, compression: TrainingJob) -> dict[str, Any]:
    currency = training.rate_card.currency
    trained, compressed = _run_of(training), _run_of(compression)
    before, after = trained.metrics, compressed.metrics
    contract = ValueContract.objects.in_force().filter(kpi__project=project).select_related("kpi").first()
    charged = sum(
        entry.amount_minor
        for job in (training, compression)
        if job.charge
        for entry in job.charge.entries.filter(account="expense")
    )
    return {
        "jobs": [_job_facts(training), _job_facts(compression)],
        "accuracy": {"trained": before["test_accuracy"], "compressed": after["test_accuracy"]},
        "size_bytes": {"trained": after["parent_size_bytes"], "compressed": after["size_bytes"]},
        "latency_ms": {
            "eager": after["parent_eager_latency_ms"],
            "onnx": after["parent_onnx_latency_ms"],
            "compressed": after["latency_ms"],
        },
        "cost": {"amount": str(to_decimal(charged, currency)), "currency": currency},
        "kpi_effect": _kpi_effect(value_of(contract, trained)) if contract else None,
        "finished_at": timezone.now().isoformat(),
    }


def _run_of(job: TrainingJob) -> Run:
    assert job.run is not None  # noqa: S101 a job that succeeded has its run
    return job.run


def _job_facts(job: TrainingJob) -> dict[str, Any]:
    return {
        "name": job.name,
        "id": str(job.pk),
        "recipe": job.recipe,
        "run_id": str(job.run_id),
        "mlflow_run_id": _run_of(job).mlflow_run_id,
        "model": _run_of(job).model_version.registered_name,
        "model_version": _run_of(job).model_version.registered_version,
        "cost_micro": job.cost_micro,
    }


def _kpi_effect(value: Value) -> dict[str, Any]:
    contract = value.contract
    decimal = {
        name: str(to_decimal(getattr(value, f"{name}_minor"), contract.currency)) for name in ("net", "low", "high")
    }
    return {
        "kpi": contract.kpi.name,
        "unit": contract.kpi.unit,
        "change": value.effect,
        "currency": contract.currency,
        "net_per_year": decimal["net"],
        "p10": decimal["low"],
        "p90": decimal["high"],
        "hypothesis": value.is_hypothesis,
    }
