"""Jobs to try things on, a trainer that does as it is told, and a database that threads can share."""

import sqlite3
import sys
import textwrap
import threading

import pytest
from django.db import connection, connections

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
def in_threads(transactional_db, tmp_path):
    """Run a function in many threads, each with its own connection; SQLite's test database moves into a file for it."""
    name = connection.settings_dict["NAME"]
    path = str(tmp_path / "threads.sqlite3") if connection.vendor == "sqlite" else name

    def run(count, act):
        connection.ensure_connection()
        connections.settings["default"]["NAME"] = path
        outcomes, gate = [], threading.Barrier(count)

        def one(number):
            gate.wait()
            try:
                outcomes.append(act(number))
            except Exception as error:
                outcomes.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return outcomes

    def run_in_file(count, act):
        with sqlite3.connect(path) as file:
            connection.ensure_connection()
            connection.connection.backup(file)
            file.execute("PRAGMA journal_mode=WAL")  # once, before many connections ask for it at the same moment
        outcomes = run(count, act)
        with sqlite3.connect(path) as file:
            file.backup(connection.connection)
        return outcomes

    yield run_in_file if connection.vendor == "sqlite" else run
    connections.settings["default"]["NAME"] = name
