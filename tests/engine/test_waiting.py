"""A trainer that waits, with all its libraries: it does what a fresh one does, to the last bit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.events import Checkpointed, Finished, Logged, Started, decode
from engine.waiting import PLACEHOLDERS, take_over_marks

ROOT = Path(__file__).parents[2]
SLIM = "import sys; from engine import waiting; waiting.RECIPES, waiting.LATE = {}, (); waiting.wait_for_job(sys.stdin)"
JOB_ID = "0b7e6a52-0000-4000-8000-00000000cafe"
DIGITS = {"recipe": "image-classifier", "params": {"epochs": 1}}


def start(command, marks=PLACEHOLDERS):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "engine", command],
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **marks},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture
def do(tmp_path):
    """Do one job in a waiting trainer ("wait") or a fresh one ("run"); returns its exit code, events and folder."""

    def perform(command, where, stop_at=None, **job):
        root = tmp_path / where
        root.mkdir()
        spec = {
            "root": str(root), "datasets": str(tmp_path), "threads": 1, "job_id": JOB_ID, "fence": 7,
            "log": str(tmp_path / f"{where}.txt"), "parent_pid": os.getpid(), **job,
        }  # fmt: skip
        process = start(command)
        if command == "wait":
            assert process.stdout.readline() == "\n"
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        events = []
        for line in process.stdout:
            events.append(decode(line))
            if stop_at and isinstance(events[-1], stop_at):
                process.send_signal(signal.SIGTERM)
        return process.wait(60), events, root

    return perform


def weights(root):
    return (root / "artifact" / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_warm_cold_and_resumed_end_with_the_same_bits(do):
    cold_code, cold, cold_root = do("run", "cold", **DIGITS)
    warm_code, warm, warm_root = do("wait", "warm", **DIGITS)
    stop_code, stopped, stopped_root = do("run", "stopped", stop_at=Started, **DIGITS)
    assert (cold_code, warm_code, stop_code) == (0, 0, 143)
    assert isinstance(stopped[-1], Checkpointed)
    code, resumed, resumed_root = do("wait", "resumed", checkpoint=str(stopped_root / "checkpoints"), **DIGITS)
    assert code == 0
    assert next(event for event in resumed if isinstance(event, Logged)).message.startswith("Resumed at step")
    assert weights(cold_root) == weights(warm_root) == weights(resumed_root)
    assert (cold_root / "artifact" / "model.onnx").read_bytes() == (warm_root / "artifact" / "model.onnx").read_bytes()
    results = [next(event for event in events if isinstance(event, Finished)) for events in (cold, warm, resumed)]
    assert results[0].metrics["test_accuracy"] == results[1].metrics["test_accuracy"]
    assert "digits: 1797 rows" in (warm_root.parent / "warm.txt").read_text()


def test_it_ends_quietly_when_no_job_ever_comes():
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", SLIM], cwd=ROOT, text=True, **pipes)
    assert process.stdout.readline() == "\n"
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_imports_nothing_when_its_supervisor_died_before_it_had_begun():
    process = start("wait")
    process.stdin.close()
    assert process.stdout.read() == ""
    assert process.wait(30) == 0


def test_it_dies_with_its_supervisor():
    supervisor = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLIM!r}], stdin=subprocess.PIPE)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", supervisor], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "\n"
        process.kill()
        assert process.stdout.read() == ""  # the pipe ends only when the spare, its last holder, is gone


def test_a_mark_wider_than_its_placeholder_is_refused(monkeypatch):
    monkeypatch.setenv("FENCE", "0" * 10)
    with pytest.raises(ValueError, match="FENCE has room for 10 characters"):
        take_over_marks({"FENCE": "1" * 11})
