"""Jobs to try things on, and a trainer that does as it is told."""

import sys
import textwrap

import pytest

PRELUDE = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
from engine.artifact import Description, write_artifact
from engine.events import Checkpointed, Failed, Finished, Logged, Metrics, Progress, Started, encode

spec = json.loads(sys.stdin.readline())
root = Path(spec["root"])

def say(event):
    print(encode(event), flush=True)

def started(steps=10):
    say(Started(steps=steps, epochs=2, dataset={"name": "points", "version": "1", "digest": "d" * 64, "rows": 9,
        "splits": {}}, parameter_count=2, device="cpu", threads=1, versions={"python": "3"}))

def finished(**metrics):
    signature = {"inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 1]}],
                 "outputs": [{"name": "y", "dtype": "float32", "shape": [-1, 1]}]}
    write_artifact(root / "artifact", Description("linear-regression", "linear-regression", {}, {}, signature, metrics,
        {}, 2), {"model.onnx": b"graph", "model.safetensors": b"weights"})
    say(Finished(metrics=metrics, artifact="artifact", report={"note": "done"}))
"""


@pytest.fixture
def trainer(monkeypatch, tmp_path, settings):
    """Replace the engine by a script: `trainer("started(); finished(loss=1.0)")`. MLflow is left out."""
    from trainingjobs.supervisor import live
    from trainingjobs.supervisor import trainer as process

    settings.GRACE_S = 1
    monkeypatch.setattr(live.LiveTracker, "_write", lambda self, tracked, points: None)

    def replace(body):
        script = tmp_path / "trainer.py"
        script.write_text(PRELUDE + textwrap.dedent(body))
        monkeypatch.setattr(process, "COMMAND", (sys.executable, str(script)))

    return replace


@pytest.fixture
def submit(project, engineer, compute_line):
    """Submit a small job: `submit()` or `submit(epochs=5)`."""
    from trainingjobs.services import submit_job

    def make(recipe="linear-regression", by=engineer, parent=None, **params):
        return submit_job(project=project, recipe=recipe, params=params, by=by, parent=parent)

    return make


@pytest.fixture
def hints(monkeypatch):
    """The ids of the jobs that a worker was told to look at."""
    from trainingjobs.services import hint

    told = []

    class Broker:
        def send_task(self, name, args, **options):
            told.append(args[0])

    monkeypatch.setattr(hint, "current_app", Broker())
    return told


@pytest.fixture
def later():
    """Let the lease of a running job be over."""
    from datetime import timedelta

    from django.db.models.functions import Now

    from trainingjobs.models import TrainingJob

    def pass_lease(job):
        TrainingJob.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))

    return pass_lease


@pytest.fixture
def refused():
    """The code by which a verb says no: `refused(cancel_job, job=job, by=viewer) == "not_allowed"`."""
    from django.core.exceptions import ValidationError

    def code_of(verb, **arguments):
        with pytest.raises(ValidationError) as error:
            verb(**arguments)
        return error.value.code

    return code_of


@pytest.fixture
def threshold(project):
    """Say from which price on a job of the project needs a manager; without a word, from the first cent on."""

    def say(amount_minor=0):
        project.approval_threshold_minor = amount_minor
        project.save()

    return say


@pytest.fixture
def awaiting(submit, threshold, hints):
    """A job that awaits approval."""
    threshold()
    return submit()
