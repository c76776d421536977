import os
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from engine.events import Failed, Finished, Progress, Started, encode
from engine.shared_memory import FOLDER, attempt_prefix
from finance.models import JournalEntry, Reservation
from people.models import AuditEntry
from trainingjobs.dry_run import read_dry_run, reason_of, state_of
from trainingjobs.folders import dry_runs_folder
from trainingjobs.models import StepTiming, TrainingJob
from trainingjobs.services import ask_step_timing, sweep, time_steps
from trainingjobs.services import dry_run as verbs
from trainingjobs.supervisor import dry_run as watch
from trainingjobs.supervisor.dry_run import NotTimed, Watch

STEPPING = """
started(steps=1000)
time.sleep(0.2)
for step in range(1, 1000):
    time.sleep(0.02)
    say(Progress(step=step, steps=1000, epoch=step / 500, epochs=2))
"""


@pytest.fixture(autouse=True)
def broker(monkeypatch):
    """The ids of the timings that a worker was asked for."""
    asked = []

    class Broker:
        def send_task(self, name, args, **options):
            assert name == "trainingjobs.time_steps"
            asked.append(args[0])

    monkeypatch.setattr(verbs, "current_app", Broker())
    return asked


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(watch, "SHORTEST_S", 0.3)
    monkeypatch.setattr(watch, "WINDOW_S", 1.0)
    monkeypatch.setattr(watch, "GRACE_S", 0.5)


def ask(by, **params):
    return ask_step_timing(recipe="image-classifier", params=params, by=by)


def test_a_timing_is_asked_for_once_and_a_worker_is_told(engineer, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        timing = ask(engineer)
    assert timing.state == "asked"
    assert broker == [str(timing.pk)]
    assert AuditEntry.objects.filter(verb="ask_step_timing", subject_id=str(timing.pk)).exists()
    assert ask(engineer) == timing


def test_one_open_timing_a_person(engineer, manager):
    ask(engineer)
    with pytest.raises(ValidationError) as refusal:
        ask(engineer, epochs=3)
    assert refusal.value.code == "timing_open"
    assert ask(manager, epochs=3).state == "asked"


def test_dry_runs_are_free_but_not_without_end(engineer, manager, monkeypatch):
    monkeypatch.setattr(verbs, "MOST_AN_HOUR", 2)
    for epochs in (1, 2):
        ask(engineer, epochs=epochs)
        StepTiming.objects.update(state="failed", measured_at=timezone.now())
    with pytest.raises(ValidationError) as refusal:
        ask(engineer, epochs=3)
    assert refusal.value.code == "too_many_timings"
    assert ask(manager, epochs=3).state == "asked"
    StepTiming.objects.update(asked_at=timezone.now() - timedelta(minutes=61))
    assert ask(engineer, epochs=3).state == "asked"


def test_a_timing_of_settings_that_the_recipe_no_longer_knows_can_still_be_read(engineer):
    timing = ask(engineer)
    timing.params, timing.startup_s, timing.step_s, timing.steps, timing.timed_steps = {"gone": 1}, 1.0, 0.1, 100, 10
    assert read_dry_run(timing).seconds == pytest.approx(11)


def test_what_was_measured_within_a_day_is_not_measured_again(engineer, manager):
    timing = ask(engineer)
    StepTiming.objects.update(state="measured", measured_at=timezone.now() - timedelta(hours=23))
    assert ask(manager) == timing
    StepTiming.objects.update(measured_at=timezone.now() - timedelta(hours=25))
    assert ask(manager) != timing


def test_another_version_of_the_engine_is_measured_anew(engineer, monkeypatch):
    from trainingjobs import dry_run

    timing = ask(engineer)
    StepTiming.objects.update(state="measured", measured_at=timezone.now())
    monkeypatch.setattr(dry_run, "engine_digest", lambda: "of another version")
    assert ask(engineer) != timing


def test_who_only_looks_may_not_ask_and_wrong_settings_are_refused(viewer, engineer):
    with pytest.raises(PermissionDenied):
        ask(viewer)
    with pytest.raises(ValidationError):
        ask(engineer, epochs=0)
    with pytest.raises(ValidationError, match="finished model"):
        ask_step_timing(recipe="quantization", params={}, by=engineer)
    assert not StepTiming.objects.exists()


def test_a_worker_times_the_steps_and_leaves_nothing_behind(engineer, trainer, quick, settings):
    trainer(STEPPING)
    timing = ask(engineer)
    assert time_steps(timing.pk)
    timing.refresh_from_db()
    assert timing.state == "measured", timing.error
    assert 0.019 < timing.step_s < 0.08
    assert timing.startup_s > 0.2
    assert timing.steps == 1000
    assert 5 < timing.timed_steps < 100
    assert timing.cpu_core_seconds > 0
    assert timing.gib > 0
    assert not TrainingJob.objects.exists()
    assert not JournalEntry.objects.exists()
    assert not Reservation.objects.exists()
    assert list((Path(settings.JOBS_DIR) / "dry-runs").iterdir()) == []
    assert AuditEntry.objects.filter(verb="step_timing_measured", subject_id=str(timing.pk)).exists()


def test_the_message_that_comes_twice_measures_once(engineer, trainer, quick):
    trainer(STEPPING)
    timing = ask(engineer)
    assert time_steps(timing.pk)
    assert not time_steps(timing.pk)
    assert not time_steps(uuid4())


def test_a_job_that_ends_while_it_is_timed_has_shown_all_of_it(engineer, trainer, quick):
    trainer(
        """
        started(steps=3)
        for step in (1, 2, 3):
            time.sleep(0.05)
            say(Progress(step=step, steps=3, epoch=1.0, epochs=1))
        time.sleep(0.1)
        finished(loss=1.0)
        """
    )
    timing = ask(engineer)
    time_steps(timing.pk)
    timing.refresh_from_db()
    assert (timing.state, timing.timed_steps) == ("measured", 3)


def test_a_trainer_that_fails_or_dies_says_why(engineer, trainer, quick):
    trainer('say(Failed(code="missing_dataset", message="There is no data set.", mend="Put it there."))\nsys.exit(1)')
    timing = ask(engineer)
    time_steps(timing.pk)
    timing.refresh_from_db()
    assert (timing.state, timing.error) == ("failed", "There is no data set. Put it there.")
    trainer('print("the network is gone", file=sys.stderr, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)')
    timing = ask(engineer)
    time_steps(timing.pk)
    timing.refresh_from_db()
    assert timing.state == "failed"
    assert "SIGKILL" in timing.error
    assert "the network is gone" in timing.error


def test_a_trainer_that_will_not_end_is_killed_with_its_children(engineer, trainer, quick):
    trainer(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
        """
        + STEPPING.replace("\n", "\n        ")
    )
    timing = ask(engineer)
    time_steps(timing.pk)
    timing.refresh_from_db()
    assert timing.state == "measured"
    left = [process for process in psutil.process_iter() if _job_of(process) == str(timing.pk)]
    assert not left


def _job_of(process):
    try:
        return process.environ().get("JOB_ID")
    except (psutil.Error, OSError):
        return None


def test_a_worker_that_never_answers_leaves_a_failure_with_a_reason(engineer):
    timing = ask(engineer)
    now = timezone.now()
    assert (state_of(timing, now), reason_of(timing, now)) == ("asked", "")
    StepTiming.objects.update(asked_at=now - timedelta(seconds=61))
    timing.refresh_from_db()
    assert state_of(timing, now) == "failed"
    assert "No worker" in reason_of(timing, now)
    assert not time_steps(timing.pk)
    assert ask(engineer) != timing


def test_a_broker_that_is_away_is_told_at_once(engineer, monkeypatch, django_capture_on_commit_callbacks):
    class Away:
        def send_task(self, name, args, **options):
            raise OSError("connection refused")

    monkeypatch.setattr(verbs, "current_app", Away())
    with django_capture_on_commit_callbacks(execute=True):
        timing = ask(engineer)
    timing.refresh_from_db()
    assert timing.state == "failed"
    assert "broker" in timing.error


def test_a_worker_that_is_asked_to_end_does_not_begin(engineer, monkeypatch):
    timing = ask(engineer)
    monkeypatch.setattr(verbs.shutdown, "requested", lambda: True)
    assert not time_steps(timing.pk)


def test_what_a_worker_that_died_left_of_a_dry_run_is_removed_by_the_sweep(db):
    old, new = (dry_runs_folder() / str(uuid4()) for _number in range(2))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    shared = FOLDER / f"{attempt_prefix(old.name, '0')}probe"
    shared.write_bytes(b"x")
    marks = {**os.environ, "JOB_ID": old.name, "FENCE": "0"}
    with subprocess.Popen(["sleep", "60"], env=marks, start_new_session=True) as orphan:
        sweep()
        orphan.wait(10)  # a killed process takes a moment to end
    assert not shared.exists()
    assert [each.name for each in dry_runs_folder().iterdir()] == [new.name]


def told(*events):
    seen = Watch()
    for at, event in events:
        seen.take(encode(event), at)
    return seen


def begun(steps=100):
    return Started(steps=steps, epochs=1, dataset={}, parameter_count=1, device="cpu", threads=1, versions={})


def step(number, steps=100):
    return Progress(step=number, steps=steps, epoch=0.0, epochs=1)


def test_the_pace_is_that_between_the_first_and_the_last_report():
    timing = told((2.0, begun()), (2.5, step(1)), (3.5, step(11))).timing(4.0, 3.0, 0.5)
    assert (timing.startup_s, timing.step_s, timing.timed_steps) == (pytest.approx(2.4), pytest.approx(0.1), 11)


def test_one_report_alone_says_that_a_step_is_not_shorter_than_the_wait():
    timing = told((2.0, begun()), (2.5, step(1))).timing(10.5, 3.0, 0.5)
    assert timing.step_s == pytest.approx(8.0)


def test_without_a_step_there_is_no_pace():
    with pytest.raises(NotTimed, match="first step"):
        told((2.0, begun())).timing(40.0, 3.0, 0.5)


def test_lines_that_are_no_events_are_passed_over():
    seen = told((1.0, Failed(code="x", message="No.", mend="Yes.")))
    seen.take("not an event", 2.0)
    assert seen.failed.code == "x"
    assert told((1.0, Finished(metrics={}, artifact="a", report={}))).finished
