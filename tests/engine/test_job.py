import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.artifact import load_artifact
from engine.events import Checkpointed, Failed, Finished, Logged, Progress, Started, decode

ROOT = Path(__file__).parents[2]
# A recipe without torch lets the protocol be tested in a fraction of a second.
TOY = """
import os, subprocess, sys, time
from engine import recipe, recipes
from engine.events import Logged, Metrics
from engine.job import run_job

class Toy(recipe.Recipe):
    slug, title, needs, Params = "toy", "Toy", (), recipe.Params
    def run(self, params, workspace):
        {body}

recipes.RECIPES["toy"] = Toy()
sys.exit(run_job(sys.stdin))
"""


def start(job, script=None):
    command = [sys.executable, "-c", script] if script else [sys.executable, "-m", "engine", "run"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()  # not closed: the job must not wait for the end of its input
    return process


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, [decode(line) for line in out.splitlines()], err


@pytest.fixture
def job(tmp_path):
    return {
        "recipe": "toy", "params": {}, "root": str(tmp_path / "attempt"), "datasets": str(tmp_path), "parent": None,
        "checkpoint": None, "threads": 1, "device": "cpu", "parent_pid": os.getpid(),
    }  # fmt: skip


def run_toy(job, body):
    return finish(start(job, TOY.format(body=body)))


def test_a_whole_job_speaks_events_only_and_leaves_a_sealed_artifact(job):
    code, events, _ = finish(start({**job, "recipe": "linear-regression", "params": {"epochs": 20}}))
    assert code == 0
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert load_artifact(Path(job["root"], events[-1].artifact)).kind == "linear-regression"
    assert not Path(job["root"], "scratch").exists()


def test_sigterm_ends_a_training_with_a_checkpoint_at_the_next_step(job):
    process = start({**job, "recipe": "image-classifier", "params": {"epochs": 200}})
    seen = []
    for line in process.stdout:
        seen.append(decode(line))
        if isinstance(seen[-1], Progress):
            process.send_signal(signal.SIGTERM)
            break
    code, rest, _ = finish(process)
    assert code == 143
    assert isinstance((seen + rest)[-1], Checkpointed)
    assert (Path(job["root"]) / (seen + rest)[-1].path / "state.safetensors").exists()
    assert not Path(job["root"], "artifact").exists()


def test_a_stray_print_becomes_log_whoever_prints(job):
    body = 'print("stray"); os.write(1, b"raw\\n"); subprocess.run(["echo", "child"]); yield Logged("info", "event")'
    code, events, err = run_toy(job, body)
    assert code == 0
    assert [event.message for event in events] == ["event"]
    assert {"stray", "raw", "child"} <= set(err.split())


def test_an_orphan_ends_at_once(job):
    code, events, _ = run_toy({**job, "parent_pid": -1}, 'yield Logged("info", "event")')
    assert (code, events) == (3, [])


def test_a_trainer_dies_with_its_supervisor(job):
    toy = TOY.format(body='yield Logged("info", "here"); time.sleep(60)')
    supervisor = (
        "import json, os, subprocess, sys\n"
        f"job = {job!r}; job['parent_pid'] = os.getpid()\n"
        f"child = subprocess.Popen([sys.executable, '-c', {toy!r}], stdin=subprocess.PIPE, text=True)\n"
        "child.stdin.write(json.dumps(job) + '\\n'); child.stdin.flush(); child.wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", supervisor], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert decode(process.stdout.readline()).message == "here"
    process.kill()
    process.wait()
    assert process.stdout.read() == ""  # the pipe ends only when the trainer, its last holder, is gone


def test_a_fault_the_user_can_mend_is_told_as_failed_with_code_2(job):
    code, events, _ = run_toy(job, 'raise recipe.RecipeError("bad_data", "It is bad.", "Mend it."); yield')
    assert code == 2
    assert [(event.code, event.message, event.mend) for event in events] == [("bad_data", "It is bad.", "Mend it.")]


def test_a_disk_that_fills_up_under_a_library_is_told_as_such(job):
    code, events, _ = run_toy(job, 'raise OSError(28, "No space left on device"); yield')
    assert (code, events[-1].code) == (2, "disk_full")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipe": "absent"}, "unknown_recipe"),
        ({"params": {"epochs": 0}}, "bad_params"),
        ({"parent": "/nowhere"}, "corrupt_artifact"),
        ({"root": None}, "bad_job"),
        ({"threads": "many"}, "bad_job"),
    ],
)
def test_a_wrong_job_is_told_as_failed_with_code_2(job, change, code):
    exit_code, events, _ = run_toy({**job, **change}, "yield")
    assert exit_code == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].code == code


def test_input_that_is_no_job_is_told_as_failed():
    command = [sys.executable, "-m", "engine", "run"]
    done = subprocess.run(command, cwd=ROOT, input="hello\n", capture_output=True, text=True)
    assert done.returncode == 2
    assert decode(done.stdout).code == "bad_job"


def test_a_crash_is_told_as_failed_with_its_traceback_in_the_log(job):
    code, events, err = run_toy(job, "yield 1 / 0")
    assert code == 1
    assert events[-1].code == "crash"
    assert "ZeroDivisionError" in err


def test_a_metric_that_is_not_finite_fails_the_run_with_its_name(job):
    code, events, _ = run_toy(job, 'yield Metrics(1, 1.0, {"train_loss": float("nan")})')
    assert code == 1
    assert "train_loss" in events[-1].message


def test_the_threads_are_set_before_any_library_can_read_them(job):
    _, events, _ = run_toy({**job, "threads": 2}, 'yield Logged("info", os.environ["OMP_NUM_THREADS"])')
    assert isinstance(events[0], Logged)
    assert events[0].message == "2"


def test_a_fail_point_in_the_job_is_armed_and_none_from_the_environment(job, tmp_path, monkeypatch):
    monkeypatch.setenv("FAILPOINT", "finished.before_emit:kill")
    body = "from engine.events import Finished; yield Finished(metrics={}, artifact='', report={})"
    assert run_toy(job, body)[0] == 0
    point = {"spec": "finished.before_emit:kill:once", "marks": str(tmp_path / "marks")}
    code, events, _ = run_toy({**job, "failpoint": point}, body)
    assert (code, events) == (-9, [])
    assert run_toy({**job, "failpoint": point}, body)[0] == 0


def test_a_fail_point_that_is_misspelt_fails_the_job(job, tmp_path):
    point = {"spec": "finished:explode", "marks": str(tmp_path)}
    assert run_toy({**job, "failpoint": point}, "yield")[1][-1].code == "bad_job"
