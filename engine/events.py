"""What a run tells its supervisor: small frozen events, one JSON line each on the wire.

This module is imported by the web process, so it must stay free of torch and numpy.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened at the time `at` (Unix seconds)."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Started(Event):
    """The run knows its data and its model, and begins. `dataset` has name, version, digest, rows and splits."""

    steps: int
    epochs: int
    dataset: dict[str, Any]
    parameter_count: int
    device: str
    threads: int
    versions: dict[str, str]


@dataclass(frozen=True)
class Progress(Event):
    """`step` of `steps` is done; `epoch` counts passes over the data and may be fractional."""

    step: int
    steps: int
    epoch: float
    epochs: int
    message: str = ""


@dataclass(frozen=True)
class Metrics(Event):
    """Measured values at a step: losses are means per row, accuracies shares between 0 and 1."""

    step: int
    epoch: float
    values: dict[str, float]


@dataclass(frozen=True)
class Logged(Event):
    """A line for the log of the run."""

    level: Literal["debug", "info", "warning", "error"]
    message: str


@dataclass(frozen=True)
class Checkpointed(Event):
    """The run can be resumed from `path` (relative to the workspace root)."""

    path: str
    step: int
    epoch: float


@dataclass(frozen=True)
class Finished(Event):
    """The run succeeded: its final metrics, its artifact folder (relative to the root) and a report for people."""

    metrics: dict[str, float]
    artifact: str
    report: dict[str, Any]


@dataclass(frozen=True)
class Failed(Event):
    """The run ended without a result: the fact and its cause, and the way out."""

    code: str
    message: str
    mend: str


_KINDS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind for kind in (Started, Progress, Metrics, Logged, Checkpointed, Finished, Failed)
}
_ADAPTERS: dict[str, TypeAdapter[Event]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}


def encode(event: Event) -> str:
    """One JSON line, without the newline (split a stream at "\\n" only). Raises ValueError for NaN and infinity."""
    payload = {"type": type(event).__name__.lower(), **asdict(event)}
    where = _not_finite(payload)
    if where:
        raise ValueError(
            f"{type(event).__name__}: {where} is not a finite number, so it can be neither stored nor drawn"
        )
    line = json.dumps(payload, allow_nan=False, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair, as in odd file names, cannot travel


def decode(line: str) -> Event:
    """The event in one JSON line. Raises ValueError when the line is anything else."""
    try:
        payload = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not a JSON line: {line[:80]!r}") from error
    if not isinstance(payload, dict) or payload.get("type") not in _ADAPTERS:
        raise ValueError(f"not an event: {line[:80]!r}")
    if _not_finite(payload):  # Python's JSON reader lets NaN and Infinity through
        raise ValueError(f"{_not_finite(payload)} is not a finite number: {line[:80]!r}")
    kind = payload.pop("type")
    try:
        return _ADAPTERS[kind].validate_json(json.dumps(payload))  # strict: no text taken for a number
    except ValidationError as error:
        raise ValueError(f"not a {kind} event: {error.errors()[0]['msg']} at {error.errors()[0]['loc']}") from error


def _not_finite(value: Any, path: str = "") -> str | None:
    """The path of the first NaN or infinity in a JSON value, or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path or 'value'} = {value}"
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, inner in pairs:
        found = _not_finite(inner, f"{path}.{key}" if path else str(key))
        if found:
            return found
    return None
