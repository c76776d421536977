import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.data.images import as_input, load_images
from engine.events import Checkpointed, Logged, Metrics, Started
from engine.inference import Predictor
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes import RECIPES

RECIPE = RECIPES["image-classifier"]
PARAMS = {"epochs": 2, "limit": 200}  # the session's classifier: 180 pictures, 6 batches an epoch


def run_until_step(step, root, checkpoint=None, params=PARAMS):
    """Train and ask to stop after that many steps; returns the events up to the stop."""
    asked, events = 0, []

    def stop_requested():
        nonlocal asked
        asked += 1
        return asked >= step

    workspace = Workspace(root=root, datasets=root, checkpoint=checkpoint, stop_requested=stop_requested)
    with pytest.raises(Stopped):
        events.extend(RECIPE.run(RECIPE.parse(params), workspace))
    return events


def weights(root):
    return load_file(root / "artifact" / "model.safetensors")


def assert_same_weights(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_it_says_what_it_trains_before_it_trains(classifier):
    started = classifier[1][0]
    assert isinstance(started, Started)
    assert started.dataset["splits"] == {"train": 180, "validation": 20, "test": 359}
    assert started.steps == 12


def test_it_reports_every_split(classifier):
    names = {name for event in classifier[1] if isinstance(event, Metrics) for name in event.values}
    assert names == {f"{split}_{what}" for split in ("train", "validation", "test") for what in ("loss", "accuracy")}


def test_the_report_holds_the_interval_and_the_confusion_matrix(classifier, finished):
    done = finished(classifier[1])
    low, high = done.report["test_accuracy_interval"]
    assert low < done.metrics["test_accuracy"] < high
    matrix = np.array(done.report["confusion_matrix"])
    assert matrix.sum() == 359
    assert matrix.trace() / 359 == pytest.approx(done.metrics["test_accuracy"])
    assert [row["epoch"] for row in done.report["history"]] == [1, 2]


def test_the_artifact_scores_in_onnx_runtime_what_the_run_reported(classifier, finished, tmp_path):
    data = load_images("digits", tmp_path, validation_share=0.1, limit=0, seed=0)
    predictions = Predictor.load(classifier[0]).predict(as_input(data.test.images)).argmax(1)
    assert (predictions == data.test.labels).mean() == pytest.approx(finished(classifier[1]).metrics["test_accuracy"])


def test_the_same_seed_gives_the_same_weights(classifier, run_recipe, tmp_path):
    run_recipe("image-classifier", PARAMS, tmp_path)
    assert_same_weights(weights(tmp_path), weights(classifier[0].parent))


@pytest.mark.parametrize("step", [3, 6, 8], ids=["in the first epoch", "at its end", "in the second"])
def test_a_stopped_and_resumed_run_ends_with_the_weights_of_an_unbroken_one(classifier, run_recipe, tmp_path, step):
    events = run_until_step(step, tmp_path / "first")
    assert isinstance(events[-1], Checkpointed)
    assert events[-1].step == step
    checkpoint = tmp_path / "first" / events[-1].path
    resumed = run_recipe("image-classifier", PARAMS, tmp_path / "second", checkpoint=checkpoint)
    assert any(isinstance(event, Logged) and event.message == f"Resumed at step {step}." for event in resumed)
    assert_same_weights(weights(tmp_path / "second"), weights(classifier[0].parent))
    assert [row["epoch"] for row in resumed[-1].report["history"]] == [1, 2]


def test_a_finished_training_resumes_straight_to_its_export(classifier, run_recipe, tmp_path):
    checkpoint = classifier[0].parent / "checkpoints"
    resumed = run_recipe("image-classifier", PARAMS, tmp_path, checkpoint=checkpoint)
    assert not any(isinstance(event, Checkpointed) for event in resumed)
    assert_same_weights(weights(tmp_path), weights(classifier[0].parent))


def test_a_damaged_checkpoint_costs_an_epoch_and_not_the_run(classifier, run_recipe, tmp_path):
    shutil.copytree(classifier[0].parent / "checkpoints", tmp_path / "old")
    (tmp_path / "old" / "step-000000012" / "state.safetensors").write_bytes(b"torn")
    resumed = run_recipe("image-classifier", PARAMS, tmp_path / "new", checkpoint=tmp_path / "old")
    messages = [event.message for event in resumed if isinstance(event, Logged)]
    assert "step-000000012 is damaged" in messages[0]
    assert messages[1] == "Resumed at step 6."
    assert_same_weights(weights(tmp_path / "new"), weights(classifier[0].parent))


def test_without_a_usable_checkpoint_it_says_so_and_begins_anew(run_recipe, tmp_path):
    events = run_until_step(1, tmp_path, checkpoint=tmp_path / "nothing-here")
    assert events[1].message == "No usable checkpoint was found; starting from the beginning."


def test_the_checkpoint_of_another_run_is_refused(classifier, run_recipe, tmp_path):
    with pytest.raises(RecipeError) as caught:
        run_recipe("image-classifier", {**PARAMS, "seed": 1}, tmp_path, checkpoint=classifier[0].parent / "checkpoints")
    assert caught.value.code == "foreign_checkpoint"


def test_a_learning_rate_far_too_long_is_told_as_divergence(run_recipe, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", lambda logits, *_, **__: logits.sum() * float("nan"))
    with pytest.raises(RecipeError) as caught:
        run_recipe("image-classifier", PARAMS, tmp_path)
    assert caught.value.code == "diverged"


def test_the_manifest_is_enough_to_build_the_network_again(classifier):
    manifest = json.loads((classifier[0] / "model.json").read_text())
    assert manifest["architecture"]["name"] == "convnet"
    assert manifest["parameter_count"] == 54_410
    assert manifest["signature"]["inputs"][0]["shape"] == [-1, 1, 28, 28]
    assert manifest["params"] == RECIPE.parse(PARAMS).model_dump()


def test_one_pass_over_part_of_real_mnist_learns_most_of_it(mnist, run_recipe, tmp_path, finished):
    params = {"dataset": "mnist", "epochs": 1, "limit": 6_000}
    done = finished(run_recipe("image-classifier", params, tmp_path, datasets=mnist))
    assert done.metrics["test_accuracy"] >= 0.88


def test_an_epoch_that_lasts_long_is_saved_on_its_way(classifier, run_recipe, tmp_path, monkeypatch):
    from engine.training import classifier_run

    monkeypatch.setattr(classifier_run, "CHECKPOINTS", 0.0)
    events = run_recipe("image-classifier", {**PARAMS, "epochs": 1}, tmp_path)
    assert any(isinstance(event, Checkpointed) and 0 < event.epoch < 1 for event in events)
