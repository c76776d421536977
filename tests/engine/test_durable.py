import errno
import shutil
from collections import namedtuple

import pytest

from engine.durable import durable_folder
from engine.recipe import RecipeError

Usage = namedtuple("Usage", "total used free")


def test_the_folder_appears_complete(tmp_path):
    with durable_folder(tmp_path / "deep" / "result", point="result") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "result").exists()
    assert (tmp_path / "deep" / "result" / "a").read_text() == "1"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["result"]


def write_and_fail(target):
    with durable_folder(target, point="result") as folder:
        (folder / "a").write_text("new")
        raise RuntimeError


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "result")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_former_folder_as_it_was(tmp_path):
    with durable_folder(tmp_path / "result", point="result") as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "result")
    assert (tmp_path / "result" / "a").read_text() == "old"


def test_what_a_killed_writer_left_is_swept_away(tmp_path):
    (tmp_path / ".result.partial").mkdir()
    (tmp_path / ".result.partial" / "stale").write_text("half")
    with durable_folder(tmp_path / "result", point="result") as folder:
        (folder / "a").write_text("1")
    assert [path.name for path in (tmp_path / "result").iterdir()] == ["a"]


def test_too_little_room_is_told_before_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 99, 1))
    with pytest.raises(RecipeError) as caught, durable_folder(tmp_path / "result", point="result"):
        pytest.fail("nothing may be written")
    assert caught.value.code == "disk_full"
    assert "64 MiB are needed" in caught.value.message


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_while_writing_is_told_as_such(tmp_path, number):
    with pytest.raises(RecipeError) as caught, durable_folder(tmp_path / "result", point="result"):
        raise OSError(number, "full")
    assert caught.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_another_fault_of_the_file_system_keeps_its_name(tmp_path):
    with pytest.raises(PermissionError), durable_folder(tmp_path / "result", point="result"):
        raise PermissionError(errno.EACCES, "no")
