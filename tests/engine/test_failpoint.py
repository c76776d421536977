import subprocess
import sys

import pytest

from engine import failpoint
from engine.durable import durable_folder


@pytest.fixture(autouse=True)
def disarmed():
    yield
    failpoint.disarm()


def test_unarmed_it_does_nothing():
    failpoint.reach("fold.before_commit")
    assert failpoint.handed_on() is None


def test_armed_to_raise_it_raises_at_its_own_point_only(tmp_path):
    failpoint.arm("fold.before_commit:raise", tmp_path)
    failpoint.reach("fold.after_commit")
    for _ in range(2):
        with pytest.raises(failpoint.FailPointReached, match=r"fold\.before_commit"):
            failpoint.reach("fold.before_commit")


def test_once_means_once_over_all_processes_that_share_the_marks(tmp_path):
    failpoint.arm("fold.before_commit:raise:once", tmp_path / "marks")
    with pytest.raises(failpoint.FailPointReached):
        failpoint.reach("fold.before_commit")
    failpoint.reach("fold.before_commit")
    failpoint.arm("fold.before_commit:raise:once", tmp_path / "marks")  # as the next process would
    failpoint.reach("fold.before_commit")
    assert [path.name for path in (tmp_path / "marks").iterdir()] == ["fold.before_commit"]


def test_kill_leaves_the_mark_so_that_the_next_process_passes(tmp_path):
    script = (
        "from pathlib import Path; from engine import failpoint\n"
        f"failpoint.arm('claim.after_commit:kill:once', Path({str(tmp_path)!r}))\n"
        "failpoint.reach('claim.after_commit'); print('passed')"
    )
    codes = [subprocess.run([sys.executable, "-c", script], capture_output=True).returncode for _ in range(2)]
    assert codes == [-9, 0]


def test_sleep_waits_as_long_as_it_says(tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    failpoint.arm("outbox.before_send:sleep=2.5", tmp_path)
    failpoint.reach("outbox.before_send")
    assert slept == [2.5]


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ("", "not the name of a point"),
        ("Fold:kill", "not the name of a point"),
        ("../../etc:kill", "not the name of a point"),
        ("fold.before_commit", "not an action"),
        ("fold.before_commit:explode", "not an action"),
        ("fold.before_commit:sleep", "not an action"),
        ("fold.before_commit:kill=3", "not an action"),
        ("fold.before_commit:sleep=", "not a number|not an action"),
        ("fold.before_commit:sleep=long", "not a number of seconds"),
        ("fold.before_commit:sleep=-1", "not between 0 and 3600"),
        ("fold.before_commit:sleep=nan", "not between 0 and 3600"),
        ("fold.before_commit:kill:twice", "not 'once'"),
        ("fold.before_commit:kill:", "not 'once'"),
    ],
)
def test_a_mistake_is_refused_with_the_grammar(spec, cause, tmp_path):
    with pytest.raises(ValueError, match=cause) as caught:
        failpoint.arm(spec, tmp_path)
    assert failpoint.GRAMMAR in str(caught.value)
    assert failpoint.handed_on() is None


def test_a_child_process_can_be_told_to_arm_the_same(tmp_path):
    failpoint.arm("artifact.before_rename:kill", tmp_path)
    assert failpoint.handed_on() == {"spec": "artifact.before_rename:kill", "marks": str(tmp_path)}


@pytest.mark.parametrize(("where", "is_there"), [("before", False), ("after", True)])
def test_a_durable_folder_has_a_point_on_either_side_of_its_rename(tmp_path, where, is_there):
    failpoint.arm(f"artifact.{where}_rename:raise", tmp_path)
    with pytest.raises(failpoint.FailPointReached), durable_folder(tmp_path / "result", point="artifact"):
        pass
    assert (tmp_path / "result").exists() is is_there
