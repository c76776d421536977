import shutil
from collections import namedtuple

import pytest
import torch

from engine.recipe import RecipeError
from engine.training.checkpoints import Checkpoint, load_newest, save_checkpoint


def save(folder, step):
    return save_checkpoint(folder, step, Checkpoint({"w": torch.full((3,), float(step))}, {"step": step}))


def test_what_was_saved_is_what_is_loaded(tmp_path):
    save(tmp_path, 7)
    loaded, complaints = load_newest(tmp_path)
    assert loaded.counters == {"step": 7}
    assert torch.equal(loaded.tensors["w"], torch.full((3,), 7.0))
    assert complaints == []


def test_the_last_two_are_kept(tmp_path):
    for step in (9, 10, 11):
        save(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000010", "step-000000011"]


def tear(path):
    (path / "state.safetensors").write_bytes((path / "state.safetensors").read_bytes()[:-4])


def garble(path):
    (path / "state.json").write_text("{")


def empty(path):
    (path / "state.json").write_text("{}")


def lose(path):
    (path / "state.json").unlink()


@pytest.mark.parametrize("damage", [tear, garble, empty, lose])
def test_a_damaged_newest_one_falls_back_to_the_one_before(tmp_path, damage):
    save(tmp_path, 1)
    damage(save(tmp_path, 2))
    loaded, complaints = load_newest(tmp_path)
    assert loaded.counters == {"step": 1}
    assert "step-000000002 is damaged" in complaints[0]


def test_one_checkpoint_can_be_named_and_its_elder_is_the_fallback(tmp_path):
    first, second = save(tmp_path, 1), save(tmp_path, 2)
    assert load_newest(second)[0].counters == {"step": 2}
    assert load_newest(first)[0].counters == {"step": 1}
    tear(second)
    assert load_newest(second)[0].counters == {"step": 1}


def test_nothing_usable_gives_none(tmp_path):
    assert load_newest(tmp_path / "absent") == (None, [])


def test_a_full_disk_leaves_the_former_checkpoint(tmp_path, monkeypatch):
    save(tmp_path, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(0))
    with pytest.raises(RecipeError) as caught:
        save(tmp_path, 2)
    assert caught.value.code == "disk_full"
    assert load_newest(tmp_path)[0].counters == {"step": 1}
