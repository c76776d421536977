"""A trainer fresh or from the reserve: the same to its supervisor, its meter and its sweepers."""

import os
import signal
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from engine import failpoint, shared_memory
from engine.events import Finished, Started, decode
from trainingjobs.folders import attempt_folder
from trainingjobs.logs import AttemptLog, tail_of
from trainingjobs.models import JobState
from trainingjobs.supervisor import spare
from trainingjobs.supervisor.meter import Meter
from trainingjobs.supervisor.strays import remove_leavings, strays_of
from trainingjobs.supervisor.trainer import Trainer
from trainingjobs.supervisor.verdict import judge_result

# A spare without libraries is ready in a moment; `extra` is done before the job is awaited.
SLIM = """
import sys, time
from engine import waiting
waiting.RECIPES, waiting.LATE = {{}}, ()
{extra}
sys.exit(waiting.wait_for_job(sys.stdin))
"""


@pytest.fixture
def reserve(settings, monkeypatch):
    """Switch the reserve on, with spares that are ready soon."""
    settings.WARM_TRAINERS = True

    def slim(extra=""):
        monkeypatch.setattr(spare, "COMMAND", (sys.executable, "-P", "-c", SLIM.format(extra=extra)))

    slim()
    yield slim
    spare.discard()


@pytest.fixture
def start():
    """Start a trainer for a probe; what is left of it is cleared away at the end."""
    begun = []

    def begin(job_id=None, fence=12, **params):
        job_id = job_id or uuid4()
        folder = attempt_folder(job_id, fence)
        log = AttemptLog(folder)
        spec = {
            "recipe": "probe", "params": {"seconds": 0.1, **params}, "root": str(folder), "datasets": str(folder),
            "threads": 1, "parent_pid": os.getpid(),
        }  # fmt: skip
        begun.append(Trainer(job_id=job_id, fence=fence, spec=spec, folder=folder, log=log))
        return begun[-1]

    yield begin
    for trainer in begun:
        trainer.kill()
        wait_until(trainer.has_exited)
        trainer.clear_away()


def wait_until(holds, seconds=15.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def prepared():
    """A spare that is ready."""
    spare.prepare()
    wait_until(lambda: spare._spare.is_ready)
    return spare._spare.process.pid


def events_of(trainer):
    lines = []
    while not trainer.has_exited():
        lines += trainer.read(0.1)
    return [decode(line) for line in lines + trainer.clear_away()]


@pytest.fixture(params=["cold", "warm"])
def started(request, reserve, start, settings):
    """Start a trainer of either kind."""

    def begin(**options):
        if request.param == "warm":
            prepared()
        else:
            settings.WARM_TRAINERS = False
        trainer = start(**options)
        assert trainer.is_warm is (request.param == "warm")
        return trainer

    return begin


def test_it_does_its_job_and_tells_its_events(started):
    events = events_of(started(steps=3))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert events[-1].metrics["steps_run"] == 3


def test_its_log_and_its_folder_are_those_of_the_attempt(started):
    trainer = started(exit_mode="crash")
    folder = attempt_folder(trainer.job_id, 12)
    wait_until(lambda: (folder / "steps.txt").exists())
    assert Path(f"/proc/{trainer.pid}/cwd").resolve() == folder.resolve()
    events_of(trainer)
    assert "RuntimeError: the probe crashed" in tail_of(folder, 8192)


def test_it_and_all_its_generations_carry_their_marks_and_are_swept_away(started):
    trainer = started(seconds=60, children=2)
    wait_until(lambda: len(strays_of(trainer.job_id, 12)) == 3)
    assert trainer.pid in {process.pid for process in strays_of(trainer.job_id, 12)}
    assert strays_of(trainer.job_id, 1) == []
    trainer.kill()
    wait_until(trainer.has_exited)
    trainer.clear_away()
    assert strays_of(trainer.job_id, 12) == []


def test_a_fork_of_it_carries_its_marks_too(reserve, start):
    reserve("import os; become = waiting.become\ndef fork(job):\n    become(job); os.fork()\nwaiting.become = fork")
    prepared()
    trainer = start(seconds=60)
    wait_until(lambda: len(strays_of(trainer.job_id, 12)) == 2)
    trainer.kill()
    wait_until(trainer.has_exited)
    trainer.clear_away()
    assert strays_of(trainer.job_id, 12) == []


def test_what_it_left_when_it_was_killed_is_removed(started):
    trainer = started(seconds=60, shared_megabytes=2, temp_files=2)
    scratch = attempt_folder(trainer.job_id, 12) / "scratch"
    shared = shared_memory.FOLDER / f"throughline-{trainer.job_id}-12.probe"
    wait_until(lambda: shared.exists() and len(list(scratch.iterdir())) == 2)
    trainer.kill()
    wait_until(trainer.has_exited)
    assert shared.exists()
    trainer.clear_away()
    assert not shared.exists()
    assert not scratch.exists()


def test_the_shared_memory_of_other_attempts_is_let_alone(tmp_path):
    job_id = uuid4()
    other = shared_memory.FOLDER / f"throughline-{job_id}-12.pictures"
    other.write_bytes(b"held")
    try:
        remove_leavings(job_id, 1, tmp_path)
        assert other.exists()
        remove_leavings(job_id, 12, tmp_path)
        assert not other.exists()
    finally:
        other.unlink(missing_ok=True)


def test_it_knows_no_secret(started, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a-secret")
    trainer = started(seconds=60)
    wait_until(lambda: strays_of(trainer.job_id, 12))
    environment = psutil.Process(trainer.pid).environ()
    assert "SECRET_KEY" not in environment
    assert list(environment)[-1] == "FENCE"


def test_asked_to_stop_it_does_so(started):
    trainer = started(seconds=60)
    wait_until(lambda: trainer.read(0.1))
    trainer.terminate()
    wait_until(trainer.has_exited)
    assert trainer.exit_code == 143


def test_a_fail_point_goes_on_to_it(started, tmp_path):
    failpoint.arm("checkpoint.before_rename:kill:once", tmp_path / "marks")
    try:
        trainer = started(steps=3)
        events_of(trainer)
    finally:
        failpoint.disarm()
    assert trainer.exit_code == -signal.SIGKILL
    assert (tmp_path / "marks" / "checkpoint.before_rename").exists()


def test_it_remembers_when_its_process_began(started):
    trainer = started(seconds=60)
    assert trainer.pid_started == pytest.approx(psutil.Process(trainer.pid).create_time())


def test_what_a_spare_used_before_its_job_is_not_the_jobs(reserve, start):
    reserve("until = time.process_time() + 0.6\nwhile time.process_time() < until: pass")
    pid = prepared()
    trainer = start(seconds=0.3)
    meter = Meter(trainer.pid, 0)
    assert trainer.pid == pid
    sampled = []
    while not trainer.has_exited():
        trainer.read(0.05)
        sampled.append(meter.sample().cpu_core_seconds)
    assert trainer.cpu_seconds < 0.5
    assert max(sampled) < 0.5
    assert meter.close(trainer.cpu_seconds).cpu_core_seconds < 0.5


def test_the_next_spare_is_prepared_while_the_job_runs(reserve, start):
    pid = prepared()
    trainer = start(seconds=60)
    assert trainer.pid == pid
    assert spare._spare.process.pid != pid
    assert spare._spare.is_alive


def test_without_the_setting_there_is_no_reserve(reserve, start, settings):
    settings.WARM_TRAINERS = False
    assert start().is_warm is False
    assert spare._spare is None


def test_a_spare_that_died_is_replaced_and_the_job_starts_cold(reserve, start):
    os.kill(prepared(), signal.SIGKILL)
    wait_until(lambda: not spare._spare.is_alive)
    trainer = start()
    assert trainer.is_warm is False
    assert isinstance(events_of(trainer)[-1], Finished)
    assert spare._spare.is_alive


def test_a_spare_that_dies_while_it_is_taken_costs_no_job(reserve, start, monkeypatch):
    prepared()
    monkeypatch.setattr(spare.Spare, "is_alive", True)
    os.kill(spare._spare.process.pid, signal.SIGKILL)
    time.sleep(0.1)
    trainer = start()
    assert trainer.is_warm is False
    assert isinstance(events_of(trainer)[-1], Finished)


def test_no_job_waits_for_one_that_is_not_ready(reserve, start):
    reserve("time.sleep(1)")
    spare.prepare()
    kept = spare._spare
    assert start().is_warm is False
    assert spare._spare is kept


def test_one_that_is_ready_needs_no_privilege(reserve, start, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    prepared()
    trainer = start()
    assert trainer.is_warm is True
    assert os.sched_getscheduler(trainer.pid) == os.SCHED_OTHER
    assert isinstance(events_of(trainer)[-1], Finished)


def test_a_fork_does_not_take_the_spare_of_its_parent(reserve):
    prepared()
    child = os.fork()
    if child == 0:
        os._exit(0 if spare.take() is None and spare._spare is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert spare._spare.is_alive


def test_an_idle_spare_ends_when_it_is_asked_to(reserve):
    os.kill(prepared(), signal.SIGTERM)
    wait_until(lambda: not spare._spare.is_alive)
    assert spare._spare.process.returncode == -signal.SIGTERM


def test_its_job_runs_at_the_usual_priority_and_so_do_its_children(reserve, start):
    prepared()
    trainer = start(seconds=60, children=1)
    wait_until(lambda: len(strays_of(trainer.job_id, 12)) == 2)
    tasks = [int(task) for each in strays_of(trainer.job_id, 12) for task in os.listdir(f"/proc/{each.pid}/task")]
    assert {os.sched_getscheduler(task) for task in tasks} == {os.SCHED_OTHER}


def test_a_result_without_an_artifact_is_a_success_without_a_model(tmp_path):
    ending = judge_result(Finished(metrics={"steps_run": 1.0}, artifact="", report={}), tmp_path)
    assert (ending.state, ending.model, ending.metrics) == (JobState.SUCCEEDED, None, {"steps_run": 1.0})
