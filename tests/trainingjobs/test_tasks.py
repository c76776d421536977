import importlib.util
import json
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command

from people import outbox
from projects.models import Project
from trainingjobs import services, tasks
from trainingjobs.models import TrainingJob
from trainingjobs.supervisor import shutdown


def test_a_hint_runs_whatever_is_first_in_line_until_nothing_waits_and_empties_the_outbox_each_time(monkeypatch):
    calls, waiting = [], ["first", "second"]
    monkeypatch.setattr(services, "run_one", lambda: bool(waiting) and (calls.append(waiting.pop(0)) or True))
    monkeypatch.setattr(services, "deliver_outbox", lambda: calls.append("outbox"))
    tasks.run_job("0d3f3a5e-0000-4000-8000-000000000001")
    assert calls == ["first", "outbox", "second", "outbox"]


def test_a_hint_for_a_job_that_is_gone_is_harmless(db):
    tasks.run_job("0d3f3a5e-0000-4000-8000-000000000001")


def test_the_worker_that_shuts_down_tells_its_pool():
    tasks.hand_back_jobs(sender="worker@here", sig="SIGTERM", how="Warm", exitcode=0)
    try:
        assert shutdown.requested()
    finally:
        shutdown.withdraw()


def test_a_job_can_be_submitted_from_a_terminal(project, compute_line, hints, capsys):
    call_command("submit_job", "linear-regression", "--project", "TRI", "--set", "epochs=7", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["job"], told["state"], told["params"]["epochs"]) == ("TRI-1", "queued", 7)
    assert TrainingJob.objects.get().submitted_by == project.lead


def test_a_terminal_sets_priority_and_time_limit(project, compute_line, hints, capsys):
    more = ["--priority", "low", "--time-limit", "90", "--json"]
    call_command("submit_job", "linear-regression", "--project", "TRI", *more)
    told = json.loads(capsys.readouterr().out)
    assert (told["priority"], told["time_limit_s"], told["needs_approval"], told["pause_reason"]) == (-1, 90, False, "")
    assert told["reason"].startswith("No worker serves the CPU queue now.")


def test_a_terminal_does_not_wait_for_a_manager(project, compute_line, hints, capsys):
    Project.objects.update(approval_threshold_minor=0)
    with pytest.raises(CommandError, match="TRI-1 awaiting: Its price, EUR") as refusal:
        call_command("submit_job", "linear-regression", "--project", "TRI", "--wait", "--json")
    assert refusal.value.returncode == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["needs_approval"]) == ("awaiting", True)


@pytest.mark.parametrize(("reason", "words"), [("budget", "Its money is used up"), ("asked", "Somebody asked for it")])
def test_a_terminal_does_not_wait_for_somebody_to_resume(project, compute_line, hints, monkeypatch, reason, words):
    def pause(seconds):
        TrainingJob.objects.update(state="paused", pause_reason=reason)

    monkeypatch.setattr(time, "sleep", pause)
    with pytest.raises(CommandError, match=f"TRI-1 paused: {words}") as refusal:
        call_command("submit_job", "linear-regression", "--project", "TRI", "--wait")
    assert refusal.value.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense", "--project", "TRI"], "There is no recipe 'nonsense'"),
        (["linear-regression", "--project", "XXX"], "matching query does not exist"),
        (
            ["linear-regression", "--project", "TRI", "--set", "epochs=0"],
            "epochs: 0 is below the limit of 1. Usual is 200.",
        ),
        (["linear-regression", "--project", "TRI", "--set", "epochs"], "is not NAME=VALUE"),
        (["linear-regression", "--project", "TRI", "--time-limit", "0"], "between 1 second and 30 days"),
        (["linear-regression", "--project", "TRI", "--time-limit", "nan"], "between 1 second and 30 days"),
        (["quantization", "--project", "TRI", "--parent", "TRI-9"], "TRI-9 has no model"),
    ],
)
def test_a_terminal_is_told_what_is_wrong(project, compute_line, arguments, message):
    with pytest.raises(CommandError, match=message.replace("(", r"\(")):
        call_command("submit_job", *arguments)
    assert not TrainingJob.objects.exists()


def test_the_queue_can_be_run_without_celery(project, compute_line, hints, trainer, monkeypatch):
    trainer("started(); finished(validation_loss=0.5)")
    monkeypatch.setitem(outbox.TOPICS, "publish_run", lambda payload: None)
    call_command("submit_job", "linear-regression", "--project", "TRI")
    call_command("run_queue", "--once")
    assert TrainingJob.objects.get().state == "succeeded"


def test_the_web_process_loads_neither_mlflow_nor_torch():
    modules = (
        "portal.wsgi, trainingjobs.services, trainingjobs.tasks, trainingjobs.forecast, trainingjobs.hyperparameters"
    )
    heavy = "('mlflow', 'torch', 'onnx', 'onnxruntime', 'pandas')"
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_worker_loads_before_it_forks_what_its_slots_share(monkeypatch):
    loaded = []
    with monkeypatch.context() as patch:
        patch.setattr(tasks.importlib, "import_module", loaded.append)
        tasks.load_tracking()
    assert all(importlib.util.find_spec(name) for name in loaded)
    assert "experiments.tracking" in loaded
