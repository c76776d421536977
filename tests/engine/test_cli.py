import json
import os
import signal

import pytest

from engine import cli
from engine.cli import run_command
from engine.events import decode


@pytest.fixture(autouse=True)
def untouched_process(monkeypatch):
    """The command line sets thread variables and signal handlers for its process, which here is pytest's."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(os, "environ", dict(os.environ))
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_list_names_every_recipe(capsys):
    assert run_command(["list"]) == 0
    assert "image-classifier" in capsys.readouterr().out


def test_without_arguments_it_says_what_it_can_do(capsys):
    assert run_command([]) == 0
    assert "quantization" in capsys.readouterr().out


def test_schema_prints_the_schema_of_a_recipe(capsys):
    assert run_command(["schema", "linear-regression"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["epochs"]["default"] == 200


@pytest.mark.parametrize("recipe", cli.RECIPES)
def test_help_names_every_parameter_with_its_limits(recipe, capsys):
    with pytest.raises(SystemExit) as caught:
        run_command([recipe, "--help"])
    assert caught.value.code == 0
    assert "usual:" in capsys.readouterr().out


def test_a_wrong_value_is_told_with_its_limits_and_its_usual_value(capsys, tmp_path):
    assert run_command(["image-classifier", "--epochs", "0", "--out", str(tmp_path / "out")]) == 2
    assert "epochs = '0'" in (message := capsys.readouterr().err)
    assert "(allowed: 1 to 200; usual: 10)" in message
    assert not (tmp_path / "out").exists()


def test_an_unknown_recipe_is_answered_with_the_nearest(capsys):
    assert run_command(["quantisation"]) == 2
    assert "Choose one of: quantization" in capsys.readouterr().err


def test_a_missing_parent_is_told(capsys, tmp_path):
    assert run_command(["quantization", "--out", str(tmp_path)]) == 2
    assert "works on a finished model and none was given" in capsys.readouterr().err


def test_a_run_is_told_in_lines_and_ends_with_its_result(capsys, tmp_path):
    assert run_command(["linear-regression", "--epochs", "20", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("synthetic: 200 rows")
    assert lines[-2] == f"The model is in {tmp_path / 'artifact'}"
    assert lines[-1].startswith("Finished: train_loss")


def test_a_run_can_be_told_in_events(capsys, tmp_path):
    assert run_command(["linear-regression", "--epochs", "20", "--out", str(tmp_path), "--json"]) == 0
    assert all(decode(line) for line in capsys.readouterr().out.splitlines())
