"""The artifact of a run: a folder with the weights, the ONNX graph and model.json that describes and seals them.

Never a pickle. Files are handed over as bytes, so this module needs neither torch nor onnx.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.durable import durable_folder
from engine.environment import library_versions
from engine.recipe import RecipeError

FORMAT = 1
FOLDER = "artifact"
WEIGHTS, GRAPH, MANIFEST = "model.safetensors", "model.onnx", "model.json"


@dataclass(frozen=True)
class Description:
    """What model.json says about a model, besides the seals of its files.

    `signature` names inputs and outputs with dtype and shape, -1 standing for the batch.
    """

    kind: str
    recipe: str
    params: Mapping[str, Any]
    architecture: Mapping[str, Any]
    signature: Mapping[str, Any]
    metrics: Mapping[str, float]
    dataset: Mapping[str, Any]
    parameter_count: int
    parent_digest: str | None = None


@dataclass(frozen=True)
class Artifact:
    """A complete, verified artifact folder."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.manifest["kind"]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the canonical model.json, which holds the SHA-256 of every file."""
        canonical = json.dumps(self.manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def read(self, name: str) -> bytes:
        """The bytes of one file, checked against its seal; raises `RecipeError` "corrupt_artifact"."""
        seal = self.manifest["files"].get(name)
        if seal is None:
            raise _corrupt(self.path, f"it has no {name}")
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise _corrupt(self.path, f"{name} cannot be read ({error.strerror})") from error
        if _seal(content) != seal:
            raise _corrupt(self.path, f"{name} is not the file that was written (checksum differs)")
        return content


def write_artifact(folder: Path, description: Description, files: Mapping[str, bytes]) -> Artifact:
    """Write the artifact in one piece (temporary folder, flush, rename); raises `RecipeError` "disk_full"."""
    seals = {name: _seal(content) for name, content in files.items()}
    manifest = {"format": FORMAT, **asdict(description), "files": seals, "versions": library_versions()}
    with durable_folder(folder, point="artifact") as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False))
    return Artifact(folder, manifest)


def load_artifact(path: Path) -> Artifact:
    """The artifact in a folder, every checksum verified; raises `RecipeError` "corrupt_artifact"."""
    try:
        manifest = json.loads((path / MANIFEST).read_text())
    except OSError as error:
        raise _corrupt(path, f"{MANIFEST} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _corrupt(path, f"{MANIFEST} is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not isinstance(manifest.get("kind"), str):
        raise _corrupt(path, f"{MANIFEST} is not of format {FORMAT}")
    if not isinstance(manifest.get("files"), dict) or not set(manifest["files"]) <= {WEIGHTS, GRAPH}:
        raise _corrupt(path, f"{MANIFEST} names files that do not belong here")
    artifact = Artifact(path, manifest)
    for name in manifest["files"]:
        artifact.read(name)
    return artifact


def _seal(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _corrupt(path: Path, cause: str) -> RecipeError:
    return RecipeError(
        "corrupt_artifact", f"The model in {path} cannot be used: {cause}.", "Run the job that made it again."
    )
