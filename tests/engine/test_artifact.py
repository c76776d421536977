import json

import pytest

from engine.artifact import Description, load_artifact, write_artifact
from engine.recipe import RecipeError

DESCRIPTION = Description(
    kind="toy",
    recipe="toy",
    params={"epochs": 1},
    architecture={"name": "toy"},
    signature={"inputs": [], "outputs": []},
    metrics={"loss": 0.5},
    dataset={"name": "toy"},
    parameter_count=2,
)
FILES = {"model.onnx": b"graph", "model.safetensors": b"weights"}


@pytest.fixture
def folder(tmp_path):
    write_artifact(tmp_path / "artifact", DESCRIPTION, FILES)
    return tmp_path / "artifact"


def test_what_was_written_is_what_is_loaded(folder):
    artifact = load_artifact(folder)
    assert artifact.kind == "toy"
    assert artifact.read("model.onnx") == b"graph"
    assert artifact.manifest["files"]["model.onnx"]["bytes"] == 5
    assert artifact.manifest["versions"]["torch"]


def test_the_digest_is_the_same_however_the_manifest_is_laid_out(folder):
    before = load_artifact(folder).digest
    manifest = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(dict(reversed(manifest.items()))))
    assert load_artifact(folder).digest == before
    assert len(before) == 64


def test_the_digest_changes_with_the_weights(folder, tmp_path):
    other = write_artifact(tmp_path / "other", DESCRIPTION, {**FILES, "model.onnx": b"grapH"})
    assert other.digest != load_artifact(folder).digest


def cut_short(folder):
    (folder / "model.onnx").write_bytes(b"gra")


def flip_a_bit(folder):
    (folder / "model.safetensors").write_bytes(b"weightr")


def remove_a_file(folder):
    (folder / "model.onnx").unlink()


def remove_the_manifest(folder):
    (folder / "model.json").unlink()


def break_the_manifest(folder):
    (folder / "model.json").write_text("{")


def binary_manifest(folder):
    (folder / "model.json").write_bytes(b"\xff\xfe\x00")


def list_manifest(folder):
    (folder / "model.json").write_text("[]")


def name_a_file_outside(folder):
    manifest = json.loads((folder / "model.json").read_text())
    manifest["files"]["../../etc/passwd"] = {"bytes": 1, "sha256": "0"}
    (folder / "model.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "damage",
    [cut_short, flip_a_bit, remove_a_file, remove_the_manifest, break_the_manifest, binary_manifest, list_manifest,
     name_a_file_outside],
)  # fmt: skip
def test_a_damaged_artifact_is_refused(folder, damage):
    damage(folder)
    with pytest.raises(RecipeError) as caught:
        load_artifact(folder)
    assert caught.value.code == "corrupt_artifact"
    assert str(folder) in caught.value.message


def test_a_file_it_does_not_have_is_refused(tmp_path):
    artifact = write_artifact(tmp_path / "artifact", DESCRIPTION, {"model.onnx": b"graph"})
    with pytest.raises(RecipeError, match=r"it has no model\.safetensors"):
        artifact.read("model.safetensors")


def test_a_metric_that_is_not_finite_is_never_sealed(tmp_path):
    description = Description(**{**DESCRIPTION.__dict__, "metrics": {"loss": float("nan")}})
    with pytest.raises(ValueError):
        write_artifact(tmp_path / "artifact", description, FILES)
    assert list(tmp_path.iterdir()) == []
