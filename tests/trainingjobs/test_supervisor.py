"""A trainer that does as it is told, supervised for real: processes, pipes, signals, log and row."""

import errno
import os
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from django.db import OperationalError
from django.utils import timezone

from experiments.models import ModelVersion
from finance.models import Reservation
from people import outbox
from people.models import OutboxMessage
from portal.invariants import find_breaches
from trainingjobs.folders import attempt_folder, job_folder
from trainingjobs.logs import AttemptLog, read_tail
from trainingjobs.models import Attempt, TrainingJob
from trainingjobs.services import run_one
from trainingjobs.supervisor import loop, shutdown
from trainingjobs.supervisor.strays import strays_of


@pytest.fixture(autouse=True)
def only_after_commit_nothing(hints):
    """No broker is asked in these tests."""


@pytest.fixture
def run(submit, trainer):
    """Run one job with a trainer that executes `body`; returns the job as it is afterwards."""

    def supervise(body, **params):
        trainer(body)
        job = submit(**params)
        assert run_one(job.pk)
        job.refresh_from_db()
        return job

    return supervise


@pytest.fixture
def soon(monkeypatch):
    """Do something to the job once its trainer has told its first events."""

    def plan(act):
        fold, done = loop.fold_events, []

        def fold_then_act(**options):
            watch = fold(**options)
            if options["events"] and not done:
                done.append(act(options["claim"]))
            return watch

        monkeypatch.setattr(loop, "fold_events", fold_then_act)
        monkeypatch.setattr(loop, "FOLD_S", 0.1)

    return plan


def test_a_trainer_that_finishes_leaves_a_model_a_charge_and_its_curves(run):
    job = run("""
        started()
        for step in range(1, 11):
            say(Progress(step=step, steps=10, epoch=step / 5, epochs=2))
            say(Metrics(step=step, epoch=step / 5, values={"train_loss": 1 / step}))
        finished(validation_loss=0.1)
    """)
    model = ModelVersion.objects.get(run=job.run)
    assert (job.state, job.share_done, job.error_code) == ("succeeded", 1.0, "")
    assert job.run.metrics == {"train_loss": 0.1, "validation_loss": 0.1}
    assert (model.kind, model.size_bytes, len(model.digest)) == ("linear-regression", 5, 64)
    assert (job.run.series.get().count, job.run.report) == (10, {"note": "done"})
    assert job.cpu_core_seconds > 0.01 and job.charge is not None  # noqa: PT018
    assert OutboxMessage.objects.filter(topic="publish_run").count() == 1
    assert find_breaches() == []


def test_the_trainer_is_told_all_it_needs_and_no_secret(run, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a-secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere")
    job = run(
        """
        for told in (json.dumps(spec), sorted(os.environ), os.environ["JOB_ID"] + " " + os.environ["FENCE"]):
            print(told, file=sys.stderr)
        print(os.getpgrp() == os.getpid(), os.getcwd() == str(root), file=sys.stderr)
        started(); finished()
    """,
        epochs=7,
    )
    log = read_tail(job)
    assert '"epochs": 7' in log
    assert f'"parent_pid": {os.getpid()}' in log
    assert f"{job.pk} 1" in log
    assert "True True" in log
    assert "SECRET_KEY" not in log
    assert "DATABASE_URL" not in log


def test_a_failure_that_the_user_can_mend_is_told_on_the_row(run):
    job = run("""
        say(Failed(code="no_dataset", message="There is no folder mnist.", mend="Put the four files there."))
        sys.exit(2)
    """)
    assert (job.state, job.error_code) == ("failed", "no_dataset")
    assert (job.error_message, job.error_mend) == ("There is no folder mnist.", "Put the four files there.")
    assert (job.attempts.get().outcome, job.attempts.get().exit_code) == ("failed", 2)
    assert find_breaches() == []


def test_a_crash_is_told_with_the_end_of_the_log(run):
    job = run("""
        print("Traceback: line 7 of recipe.py", file=sys.stderr)
        say(Failed(code="crash", message="ZeroDivisionError: division by zero", mend="Look at the log."))
        sys.exit(1)
    """)
    assert job.error_code == "crash"
    assert "ZeroDivisionError" in job.error_message
    assert "line 7 of recipe.py" in job.error_message


def test_a_trainer_that_ends_well_without_a_result_has_failed(run):
    job = run("started()")
    assert (job.state, job.error_code) == ("failed", "crash")
    assert "without a result" in job.error_message


def test_a_damaged_artifact_is_not_published(run):
    job = run("""
        started()
        finished()
        (root / "artifact" / "model.onnx").write_bytes(b"grap!")
    """)
    assert (job.state, job.error_code) == ("failed", "corrupt_artifact")
    assert not ModelVersion.objects.exists()
    assert find_breaches() == []


def test_an_artifact_outside_its_folder_is_not_published(run):
    job = run("""
        finished()
        say(Finished(metrics={}, artifact="../../elsewhere", report={}))
    """)
    assert (job.state, job.error_code) == ("failed", "corrupt_artifact")


def test_junk_on_the_pipe_is_only_log(run):
    job = run("""
        print("hello"); print('{"type": "metrics", "step": 1, "values": {"a": NaN}}', flush=True)
        started(); finished()
    """)
    assert job.state == "succeeded"
    assert "not an event" in read_tail(job)


def test_a_trainer_that_dies_is_tried_again_from_its_checkpoint(run):
    job = run("""
        started()
        (root / "checkpoints" / "step-5").mkdir(parents=True)
        say(Checkpointed(path="checkpoints/step-5", step=5, epoch=1.0))
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert (job.state, job.trainer_deaths, job.attempts.get().outcome) == ("queued", 1, "died")
    assert job.attempts.get().exit_code == -9
    assert job.checkpoint == "attempt-1/checkpoints/step-5"
    assert run_one(job.pk)
    assert [path.name for path in Path(job_folder(job.pk) / "attempt-2" / "resume").iterdir()] == ["step-5"]


def test_a_job_that_kills_its_trainer_three_times_without_progress_is_poison(run):
    job = run("""
        print("about to die", file=sys.stderr)
        os.kill(os.getpid(), signal.SIGSEGV)
    """)
    assert run_one(job.pk)
    assert run_one(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.fence) == ("failed", "poison", 3)
    assert "3 times" in job.error_message
    assert "SIGSEGV" in job.error_message
    assert "about to die" in job.error_message
    assert find_breaches() == []


def test_cancelling_stops_a_whole_tree_that_ignores_being_asked(run, soon):
    soon(lambda claim: TrainingJob.objects.update(cancel_requested_at=timezone.now()))
    began = time.monotonic()
    job = run("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = "import os,signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        subprocess.Popen([sys.executable, "-c", child + "os.setsid(); time.sleep(60)"])
        subprocess.Popen([sys.executable, "-c", child + "time.sleep(60)"])
        started()
        time.sleep(60)
    """)
    assert time.monotonic() - began < 10
    assert (job.state, job.attempts.get().outcome, job.run.status) == ("cancelled", "cancelled", "cancelled")
    assert strays_of(job.pk, 1) == []
    assert find_breaches() == []


def test_children_that_outlive_a_finished_trainer_are_cleared_away(run):
    job = run("""
        subprocess.Popen([sys.executable, "-c", "import os, time; os.setsid(); time.sleep(60)"])
        time.sleep(0.3)
        started(); finished()
    """)
    assert job.state == "succeeded"
    assert strays_of(job.pk, 1) == []
    assert [child for child in psutil.Process().children() if child.status() == "zombie"] == []


def test_a_lost_fence_kills_the_trainer_and_writes_nothing(run, soon):
    soon(lambda claim: TrainingJob.objects.filter(pk=claim.job.pk).update(fence=2, worker="another"))
    job = run("""
        started()
        time.sleep(60)
    """)
    assert (job.state, job.fence, job.worker) == ("running", 2, "another")
    assert strays_of(job.pk, 1) == []
    assert Reservation.objects.get().status == "open"


def test_a_worker_that_is_asked_to_end_hands_the_job_back(run, soon):
    soon(lambda claim: shutdown.request())
    try:
        job = run("""
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            started()
            time.sleep(60)
        """)
        assert (job.state, job.attempts.get().outcome, job.trainer_deaths) == ("queued", "released", 0)
        assert run_one(job.pk) is False
    finally:
        shutdown.withdraw()


def test_a_database_that_is_away_for_a_moment_does_not_stop_the_training(run, monkeypatch):
    fold, faults = loop.fold_events, [OperationalError("database is locked")] * 2
    monkeypatch.setattr(loop, "FOLD_S", 0.05)
    monkeypatch.setattr(loop.connection, "close", lambda: None)

    def flaky(**options):
        if faults:
            raise faults.pop()
        return fold(**options)

    monkeypatch.setattr(loop, "fold_events", flaky)
    job = run("""
        started()
        say(Metrics(step=1, epoch=0.1, values={"train_loss": 0.5}))
        time.sleep(0.6)
        finished()
    """)
    assert (job.state, job.run.metrics) == ("succeeded", {"train_loss": 0.5})


def test_a_supervisor_that_cannot_renew_its_lease_gives_up_its_trainer(run, settings, monkeypatch):
    settings.LEASE_S = 0.3
    monkeypatch.setattr(loop, "FOLD_S", 0.05)
    monkeypatch.setattr(loop.connection, "close", lambda: None)

    def away(**options):
        raise OperationalError("the database is away")

    monkeypatch.setattr(loop, "fold_events", away)
    job = run("started(); time.sleep(60)")
    assert job.state == "running"  # until the sweep finds its lease passed
    assert strays_of(job.pk, 1) == []


def test_a_recipe_that_is_gone_fails_the_job_with_the_mend(submit, hints):
    job = submit()
    TrainingJob.objects.update(recipe="of-yesterday")
    assert run_one(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "unknown_recipe")
    assert find_breaches() == []


def test_a_run_that_resumed_at_its_very_end_is_whole(run):
    job = run("started(steps=10); finished()")
    assert (job.step, job.steps, job.share_done) == (10, 10, 1.0)


def test_a_job_waits_while_the_disk_has_no_room(submit, trainer, monkeypatch):
    trainer("finished()")
    job = submit()
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
        assert not run_one(job.pk)
    job.refresh_from_db()
    assert (job.state, job.fence) == ("queued", 0)
    assert run_one(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded"


@pytest.mark.parametrize(
    ("refused", "outcome"),
    [(errno.ENOSPC, ("failed", "disk_full")), (errno.EAGAIN, ("queued", ""))],
    ids=["full", "busy"],
)
@pytest.mark.parametrize("verb", ["__init__", "trim"])
def test_a_disk_that_fills_up_is_named_and_what_passes_is_tried_again(run, monkeypatch, verb, refused, outcome):
    def refuse(self, *_given):
        raise OSError(refused, os.strerror(refused))

    monkeypatch.setattr(AttemptLog, verb, refuse)
    job = run("started(); time.sleep(60)")
    assert (job.state, job.error_code) == outcome
    assert bool(job.error_mend) == (refused == errno.ENOSPC)
    assert strays_of(job.pk, 1) == []
    assert find_breaches() == []


def test_checkpoints_are_removed_once_the_job_has_ended(run, monkeypatch):
    monkeypatch.setitem(outbox.TOPICS, "publish_run", lambda payload: None)
    job = run("""
        (root / "checkpoints" / "step-5").mkdir(parents=True)
        started(); finished()
    """)
    outbox.deliver()
    assert sorted(path.name for path in attempt_folder(job.pk, 1).iterdir()) == ["artifact", "log.txt"]


def test_an_mlflow_that_hangs_does_not_hold_up_the_end(run, monkeypatch):
    from trainingjobs.supervisor import live

    released = threading.Event()
    monkeypatch.setattr(live.LiveTracker, "_write", lambda self, tracked, points: released.wait(20))
    monkeypatch.setattr(live.LiveTracker.close, "__defaults__", (0.2,))
    began = time.monotonic()
    job = run("started(); time.sleep(0.5); finished()")
    released.set()
    assert job.state == "succeeded"
    assert time.monotonic() - began < 8


def test_the_attempt_remembers_which_process_it_was(run):
    job = run("started(); time.sleep(0.4); finished()")
    attempt = Attempt.objects.get(job=job)
    assert attempt.pid > 1
    assert abs(attempt.pid_started - attempt.started_at.timestamp()) < 5
    assert attempt.first_event_at >= attempt.started_at
    assert Path(attempt_folder(job.pk, 1)).is_dir()
