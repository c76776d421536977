import json
import shutil

import numpy as np
import onnx
import pytest

from engine.compression import quantization_run
from engine.inference import Predictor
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes import RECIPES

RECIPE = RECIPES["quantization"]
PARAMS = {"calibration_images": 64, "rounds": 5}
METRICS = {
    "test_accuracy", "parent_test_accuracy", "accuracy_loss_points", "size_bytes", "parent_size_bytes", "size_ratio",
    "latency_ms", "parent_onnx_latency_ms", "parent_eager_latency_ms", "speedup_vs_onnx", "speedup_vs_eager",
    "throughput", "parent_onnx_throughput", "parent_eager_throughput",
}  # fmt: skip


@pytest.fixture(scope="module")
def quantized(classifier, run_recipe, tmp_path_factory):
    root = tmp_path_factory.mktemp("int8")
    return root / "artifact", run_recipe("quantization", PARAMS, root, parent=classifier[0])[-1]


def test_it_measures_everything_it_promises(quantized):
    assert set(quantized[1].metrics) == METRICS


def test_the_child_is_a_third_of_the_size_and_about_as_good(quantized):
    metrics = quantized[1].metrics
    assert metrics["size_ratio"] >= 3.5
    assert abs(metrics["accuracy_loss_points"]) <= 2.0  # 359 test pictures: seven of them


def test_the_child_is_one_int8_graph_that_names_its_parent(quantized, classifier):
    from engine.artifact import load_artifact

    child = load_artifact(quantized[0])
    assert child.manifest["parent_digest"] == load_artifact(classifier[0]).digest
    assert set(child.manifest["files"]) == {"model.onnx"}
    assert "no model.safetensors" in child.manifest["architecture"]["weights"]
    operators = {node.op_type for node in onnx.load_model_from_string(child.read("model.onnx")).graph.node}
    assert "QuantizeLinear" in operators


def test_the_child_answers_like_any_other_model(quantized):
    assert Predictor.load(quantized[0]).predict(np.zeros((3, 1, 28, 28))).shape == (3, 10)


def test_the_report_advises_and_says_how_sure_it_is(quantized):
    report = quantized[1].report
    assert report["recommended"] is (report["reason"][:7] == "Use int")
    assert report["rounds"] == 5
    for ratio in report["ratios"].values():
        assert ratio["lowest"] <= ratio["median"] <= ratio["highest"]
    low, high = report["accuracy_interval"]
    assert low <= quantized[1].metrics["test_accuracy"] <= high
    assert report["parent_onnx_parity"] <= 1e-4


@pytest.mark.parametrize("method", ["entropy", "percentile"])
def test_the_other_methods_keep_the_quality_too(classifier, run_recipe, tmp_path, method):
    done = run_recipe("quantization", {**PARAMS, "method": method}, tmp_path, parent=classifier[0])[-1]
    assert abs(done.metrics["accuracy_loss_points"]) <= 2.0


def test_without_vnni_the_weights_get_seven_bits(classifier, run_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(quantization_run, "cpu_flags", lambda: frozenset({"avx2"}))
    done = run_recipe("quantization", PARAMS, tmp_path, parent=classifier[0])[-1]
    assert done.report["reduce_range"] is True
    graph = onnx.load(tmp_path / "artifact" / "model.onnx").graph
    weights = [onnx.numpy_helper.to_array(t) for t in graph.initializer if t.data_type == onnx.TensorProto.INT8]
    matrices = [w for w in weights if w.ndim >= 2]
    assert matrices
    assert max(abs(w.astype(int)).max() for w in matrices) <= 64


def test_a_parent_whose_data_changed_is_refused(classifier, run_recipe, tmp_path):
    shutil.copytree(classifier[0], tmp_path / "parent")
    manifest = json.loads((tmp_path / "parent" / "model.json").read_text())
    manifest["dataset"]["digest"] = "0" * 64
    (tmp_path / "parent" / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(RecipeError) as caught:
        run_recipe("quantization", PARAMS, tmp_path / "child", parent=tmp_path / "parent")
    assert caught.value.code == "dataset_changed"


def test_asked_to_stop_it_leaves_no_artifact(classifier, tmp_path):
    workspace = Workspace(root=tmp_path, datasets=tmp_path, parent=classifier[0], stop_requested=lambda: True)
    with pytest.raises(Stopped):
        list(RECIPE.run(RECIPE.parse(PARAMS), workspace))
    assert not (tmp_path / "artifact").exists()
