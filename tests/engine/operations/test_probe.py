"""A probe as a process of its own, told how to end, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psutil
import pytest

from engine.events import Checkpointed, Failed, Finished, Logged, Metrics, Started, decode
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes import get_recipe
from engine.shared_memory import FOLDER, attempt_prefix, remove_shared

ROOT = Path(__file__).parents[3]
JOB_ID = str(uuid4())  # of this process: another one beside it runs other tests of this file


@pytest.fixture
def start(tmp_path):
    """Start a probe in `tmp_path`/`where`; whatever carries its job id is killed at the end."""

    def begin(where="first", checkpoint=None, **params):
        spec = {"recipe": "probe", "params": params, "root": str(tmp_path / where), "datasets": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine", "run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "JOB_ID": JOB_ID, "FENCE": "1"},
        )
        process.stdin.write(json.dumps({**spec, "checkpoint": checkpoint and str(checkpoint)}) + "\n")
        process.stdin.flush()
        return process

    yield begin
    for process in carriers():
        process.kill()
    remove_shared(JOB_ID, "1")


def carriers():
    """Every process with the job id of these tests in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("JOB_ID") == JOB_ID:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def finish(process):
    out, _ = process.communicate(timeout=30)
    return process.returncode, [decode(line) for line in out.splitlines()]


def steps_in(folder):
    return [int(line) for line in (folder / "steps.txt").read_text().split()]


def test_it_takes_its_steps_and_its_time_and_makes_no_model(run_recipe, tmp_path):
    began = time.monotonic()
    events = run_recipe("probe", {"steps": 4, "seconds": 0.2}, tmp_path)
    assert time.monotonic() - began >= 0.2
    assert steps_in(tmp_path) == [1, 2, 3, 4]
    assert isinstance(events[0], Started)
    assert events[-1] == Finished(
        at=events[-1].at, metrics={"steps_run": 4.0, "resumed_at": 0.0}, artifact="", report={}
    )


def test_resumed_it_goes_on_exactly_where_it_was(run_recipe, tmp_path):
    whole = run_recipe("probe", {"steps": 6, "seconds": 0.01, "seed": 3}, tmp_path / "whole")
    params = {"steps": 6, "seconds": 0.01, "seed": 3}
    first = events_until_stopped(params, tmp_path / "first", after=3)
    assert isinstance(first[-1], Checkpointed)
    assert first[-1].step == 3
    second = run_recipe("probe", params, tmp_path / "second", checkpoint=tmp_path / "first" / first[-1].path)
    done = steps_in(tmp_path / "first") + steps_in(tmp_path / "second")
    assert done == [1, 2, 3, 4, 5, 6]
    assert second[-1].metrics == {"steps_run": 6.0 - first[-1].step, "resumed_at": float(first[-1].step)}
    last = [[e.values for e in events if isinstance(e, Metrics)][-1] for events in (whole, second)]
    assert last[0] == last[1]


def events_until_stopped(params, root, after):
    recipe, events = get_recipe("probe"), []

    def enough():
        return (root / "steps.txt").exists() and len(steps_in(root)) == after

    try:
        for event in recipe.run(recipe.parse(params), Workspace(root=root, datasets=root, stop_requested=enough)):
            events.append(event)
    except Stopped:
        return events
    return pytest.fail("it did not stop")


def test_a_damaged_checkpoint_is_told_and_passed_over(run_recipe, tmp_path):
    params = {"steps": 3, "seconds": 0.01}
    run_recipe("probe", params, tmp_path / "first")
    (tmp_path / "first" / "checkpoints" / "step-000000003" / "state.json").write_text("{")
    events = run_recipe("probe", params, tmp_path / "second", checkpoint=tmp_path / "first" / "checkpoints")
    messages = [event.message for event in events if isinstance(event, Logged)]
    assert "step-000000003 is damaged" in messages[0]
    assert events[-1].metrics == {"steps_run": 1.0, "resumed_at": 2.0}


def test_the_checkpoint_of_another_probe_is_refused(run_recipe, tmp_path):
    run_recipe("probe", {"steps": 3, "seconds": 0.01}, tmp_path)
    with pytest.raises(RecipeError) as caught:
        run_recipe("probe", {"steps": 4, "seconds": 0.01}, tmp_path, checkpoint=tmp_path / "checkpoints")
    assert caught.value.code == "foreign_checkpoint"


def test_without_checkpoints_it_keeps_none(run_recipe, tmp_path):
    run_recipe("probe", {"steps": 3, "seconds": 0.01, "checkpoint_every": 0}, tmp_path)
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("mode", "code", "told"),
    [("fail", 2, "probe_failed"), ("crash", 1, "crash"), ("kill", -9, None), ("silent", 0, None)],
)
def test_it_ends_as_it_was_told_after_its_share_of_the_steps(start, tmp_path, mode, code, told):
    exit_code, events = finish(start(steps=4, seconds=0.04, exit_mode=mode, exit_at=0.5))
    assert exit_code == code
    assert [event.code for event in events if isinstance(event, Failed)] == ([told] if told else [])
    assert not any(isinstance(event, Finished) for event in events)
    assert steps_in(tmp_path / "first") == [1, 2]


def wait_for(event, process):
    for line in process.stdout:
        if isinstance(decode(line), event):
            return
    pytest.fail("it ended too soon")


def test_asked_to_stop_it_does_so_at_once_with_a_checkpoint(start, tmp_path):
    process = start(steps=2, seconds=60)
    wait_for(Started, process)
    time.sleep(0.1)
    process.terminate()
    assert finish(process)[0] == 143


@pytest.mark.parametrize("params", [{"ignore_term": True}, {"exit_mode": "hang", "exit_at": 0}])
def test_one_that_does_not_listen_has_to_be_killed(start, params):
    process = start(steps=2, seconds=60, **params)
    wait_for(Started, process)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.kill()
    assert finish(process)[0] == -9


def test_its_generations_are_sessions_of_their_own_that_carry_its_marks(start):
    process = start(steps=200, seconds=60, children=3)
    wait_for(Checkpointed, process)  # it takes its first step when all generations are there
    assert len({os.getsid(each.pid) for each in carriers()} - {os.getsid(process.pid)}) == 3
    process.kill()
    process.wait()
    assert len(carriers()) == 3


def wait_until(holds, seconds=10.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_it_holds_memory_shared_memory_and_temporary_files(start, tmp_path):
    process = start(steps=1, seconds=60, megabytes=80, shared_megabytes=3, temp_files=2)
    shared = FOLDER / f"{attempt_prefix(JOB_ID, '1')}probe"
    wait_until(lambda: shared.exists() and shared.stat().st_size == 3_000_000)
    assert psutil.Process(process.pid).memory_info().rss > 80_000_000
    assert len(list((tmp_path / "first" / "scratch").iterdir())) == 2
    process.terminate()
    process.wait(5)
    assert not shared.exists()
    assert not (tmp_path / "first" / "scratch").exists()


def test_it_can_keep_a_core_busy(start):
    process = start(steps=1, seconds=60, cpu=True)
    wait_for(Started, process)
    before = sum(psutil.Process(process.pid).cpu_times()[:2])
    time.sleep(0.5)
    assert sum(psutil.Process(process.pid).cpu_times()[:2]) - before > 0.1


def test_it_loads_neither_torch_nor_numpy(tmp_path):
    script = (
        "import sys; from pathlib import Path; from engine.recipe import Workspace\n"
        "from engine.recipes import get_recipe; recipe = get_recipe('probe')\n"
        f"work = Workspace(root=Path({str(tmp_path)!r}), datasets=Path('.'))\n"
        "list(recipe.run(recipe.parse({'steps': 1, 'seconds': 0.01}), work)); print(sorted(sys.modules))"
    )
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    for heavy in ("'torch'", "'numpy'", "'onnx'", "'sklearn'"):
        assert heavy not in modules.stdout


def test_it_does_not_bring_down_the_machine_that_it_tries_out(run_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=100 * 10**6))
    with pytest.raises(RecipeError, match="Ask for 50 MB at most") as refusal:
        run_recipe("probe", {"megabytes": 51}, tmp_path)
    assert refusal.value.code == "not_enough_memory"
