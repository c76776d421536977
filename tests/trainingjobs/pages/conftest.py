"""Jobs in every state a page can meet, made with the product's own verbs."""

import pytest
from django.utils import timezone

from engine.events import Metrics, Progress, Started
from finance.services.rates import Usage
from trainingjobs.models import Worker
from trainingjobs.services import submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, SealedModel, finish_job
from trainingjobs.services.fold import fold_events

DATASET = {"name": "digits", "version": "1", "digest": "d" * 64, "rows": 1797, "splits": {}}


def epoch_events(first, last, epochs=10):
    """What a trainer tells at the end of each epoch from first to last."""
    for epoch in range(first, last + 1):
        yield Progress(step=epoch * 10, steps=epochs * 10, epoch=float(epoch), epochs=epochs)
        yield Metrics(step=epoch * 10, epoch=float(epoch), values={
            "train_loss": 1.0 / epoch, "validation_loss": 1.2 / epoch,
            "train_accuracy": 1 - 0.5 / epoch, "validation_accuracy": 1 - 0.6 / epoch,
        })  # fmt: skip


@pytest.fixture
def submit(project, engineer, compute_line):
    """Submit a job: `submit()` is an image classifier of ten epochs."""

    def make(recipe="image-classifier", by=engineer, parent=None, priority=0, time_limit_s=None, **params):
        how = {"parent": parent, "priority": priority, "time_limit_s": time_limit_s}
        return submit_job(project=project, recipe=recipe, params=params, by=by, **how)

    return make


@pytest.fixture
def worker(db):
    """A worker that is there, with one slot in each queue."""
    now = timezone.now()
    return Worker.objects.create(name="host:1", resources="cpu,gpu", slots=1, started_at=now, seen_at=now)


@pytest.fixture
def run(submit):
    """A running job that has told of three epochs: returns its claim, for more to come."""

    def make(epochs_told=3, job=None, **params):
        claim = claim_job((job or submit(**params)).pk)
        started = Started(
            steps=100, epochs=10, dataset=DATASET, parameter_count=54410, device="cpu", threads=1, versions={}
        )
        tell(claim, [started, *epoch_events(1, epochs_told)])
        return claim

    return make


def tell(claim, events):
    fold_events(
        claim=claim, events=events, usage=Usage(cpu_core_seconds=30.0, gib_seconds=12.0), mlflow_run_id="f" * 32
    )


@pytest.fixture
def tell_epochs():
    """More epochs of a running job: `tell_epochs(claim, 4, 5)`."""
    return lambda claim, first, last: tell(claim, list(epoch_events(first, last)))


@pytest.fixture
def finish(run, settings):
    """A finished image classifier with its model on disk: returns the job."""

    def make(accuracy=0.97, claim=None, report=None, metrics=None, kind="image-classifier", **params):
        claim = claim or run(**params)
        folder = settings.JOBS_DIR / str(claim.job.pk) / "attempt-1" / "artifact"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(b"graph")
        (folder / "model.json").write_text('{"files": {"model.onnx": {"bytes": 5, "sha256": "%s"}}}' % ("a" * 64))
        (folder.parent / "secret.txt").write_text("not yours")
        model = SealedModel(
            path=folder.relative_to(settings.JOBS_DIR),
            manifest={"kind": kind, "signature": {}},
            digest="b" * 64,
            size_bytes=5,
        )
        told = {"test_accuracy": accuracy, "validation_accuracy": accuracy, "validation_loss": 0.1, **(metrics or {})}
        assert finish_job(
            claim=claim, exit_code=0, ending=Ending("succeeded", metrics=told, report=report or {}, model=model)
        )
        claim.job.refresh_from_db()
        return claim.job

    return make


@pytest.fixture
def fail(run):
    """A failed job, with the cause and the mend that the page must show."""

    def make(**params):
        claim = run(**params)
        ending = Ending(
            "failed",
            error_code="missing_dataset",
            error_message="There is no data set <b>x</b>.",
            error_mend="Put it there.",
        )
        assert finish_job(claim=claim, exit_code=2, ending=ending)
        claim.job.refresh_from_db()
        return claim.job

    return make
