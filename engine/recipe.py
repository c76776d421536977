"""What a recipe is: a declaration (parameters, objective, resources) with a `run` that yields events.

This module is imported by the web process, so it must stay free of torch and numpy.
"""

import importlib
import importlib.util
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

if TYPE_CHECKING:
    from engine.events import Event


class RecipeError(Exception):
    """A fault that the user can mend: `message` states the fact and its cause, `mend` the way out."""

    def __init__(self, code: str, message: str, mend: str) -> None:
        super().__init__(f"{message} {mend}")
        self.code = code
        self.message = message
        self.mend = mend


class Stopped(Exception):
    """The run was asked to stop and did so at a step boundary."""


class Params(BaseModel):
    """Hyper-parameters of a recipe. Flat, with a default and a description each, so that one form shows them all."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            fault = _declaration_fault(field)
            if fault:
                raise TypeError(f"{cls.__qualname__}.{name} {fault}")


def _declaration_fault(field: FieldInfo) -> str | None:
    """Say what is wrong with the declaration of one parameter, or None."""
    is_choice = get_origin(field.annotation) is Literal
    if not is_choice and field.annotation not in (int, float, bool, str):
        return f"must be int, float, bool, str or Literal, not {field.annotation}"
    if field.is_required():
        return "needs a default"
    if not field.description:
        return "needs a description"
    if field.annotation in (int, float):
        bounds = {type(rule).__name__ for rule in field.metadata}
        if not (bounds & {"Ge", "Gt"} and bounds & {"Le", "Lt"}):
            return "needs a lower and an upper bound"
    return None


@dataclass(frozen=True)
class Objective:
    """The leading metric of a recipe and which way is better."""

    metric: str
    direction: Literal["higher", "lower"]
    label: str


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Workspace:
    """Where and with what one attempt runs. The engine writes only below `root`."""

    root: Path
    datasets: Path
    parent: Path | None = None  # folder of the parent artifact
    checkpoint: Path | None = None  # checkpoint folder of an earlier attempt to resume from
    threads: int = 1
    device: str = "cpu"
    stop_requested: Callable[[], bool] = _never

    def stop_if_requested(self) -> None:
        """Raise `Stopped` when somebody asked the run to end; called at step boundaries."""
        if self.stop_requested():
            raise Stopped


class Recipe:
    """One thing the portal can run. The docstring of a subclass is its description on the web."""

    slug: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    icon: ClassVar[str]
    family: ClassVar[Literal["training", "compression", "operations"]]
    objective: ClassVar[Objective]
    Params: ClassVar[type[BaseModel]]
    parent_kinds: ClassVar[tuple[str, ...]] = ()  # kinds of parent artifact it needs; empty = takes no parent
    produces: ClassVar[str | None] = None
    cores: ClassVar[int] = 1
    memory_gib: ClassVar[float]
    gpus: ClassVar[int] = 0
    torch_half: ClassVar[str | None] = None  # the module that does the work, where that takes torch
    needs: ClassVar[tuple[str, ...]] = ("numpy", "torch", "onnx", "onnxscript", "onnxruntime", "safetensors", "sklearn")

    def run(self, params: Any, workspace: Workspace) -> "Iterator[Event]":
        """Do the work, yielding events. Raises `RecipeError` (the user can mend it) or `Stopped`."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """What torch calls the device that it is made for."""
        return "cuda" if self.gpus else "cpu"

    @classmethod
    def load_torch_half(cls) -> Any:
        """The module `torch_half`. A run imports it once it has said `Started`, a waiting trainer ahead of its job."""
        assert cls.torch_half is not None  # noqa: S101 only the work of a recipe with such a half asks for it
        return importlib.import_module(cls.torch_half)

    def forecast_seconds(self, params: Any) -> float:
        """Expected duration on one reference core: a prior that the portal corrects with the jobs it has seen."""
        raise NotImplementedError

    def work(self, params: Any) -> float:
        """How much there is to do, in a unit of the recipe's own that its docstring names; above 0.

        Durations of one recipe grow in proportion to it, so it is what a forecast from past jobs scales by. It is no
        time: it depends on no machine, and numbers of different recipes cannot be compared.
        """
        raise NotImplementedError

    def unavailable_reason(self) -> str | None:
        """Why this recipe cannot run here, or None. Looks for the libraries without importing them."""
        missing = [name for name in self.needs if importlib.util.find_spec(name) is None]
        return f"Not installed here: {', '.join(missing)}." if missing else None

    def parse(self, values: Mapping[str, Any]) -> Any:
        """Validate plain values into `Params`; raises `RecipeError` "bad_params" with one sentence per fault."""
        try:
            return self.Params.model_validate(dict(values))
        except ValidationError as error:
            faults = [_explain(self.Params, detail) for detail in error.errors()]
            raise RecipeError("bad_params", " ".join(faults), "Correct the value and start again.") from error

    def check_parent(self, kind: str | None) -> None:
        """Raise `RecipeError` unless an artifact of this kind (None = no parent) can be the parent."""
        if not self.parent_kinds:
            if kind is not None:
                raise RecipeError("unexpected_parent", f"{self.title} takes no parent.", "Start it without a parent.")
            return
        mend = f"Choose a finished run whose model is of kind {' or '.join(self.parent_kinds)}."
        if kind is None:
            raise RecipeError("missing_parent", f"{self.title} works on a finished model and none was given.", mend)
        if kind not in self.parent_kinds:
            raise RecipeError("wrong_parent", f"{self.title} cannot work on a model of kind {kind}.", mend)


def _explain(params: type[BaseModel], detail: ErrorDetails) -> str:
    """One sentence: the parameter, the refused value, its limits and its usual value."""
    name = ".".join(str(part) for part in detail["loc"]) or "parameters"
    schema = params.model_json_schema()["properties"].get(name)
    if schema is None:
        known = ", ".join(params.model_fields)
        return f"{name} is not a parameter here (known: {known})."
    reason = detail["msg"][0].lower() + detail["msg"][1:]
    limits = describe_limits(schema)
    return f"{name} = {_short(detail['input'])}: {reason} (allowed: {limits}; usual: {schema['default']})."


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def describe_limits(schema: Mapping[str, Any]) -> str:
    """Say the allowed values of one property of a Params JSON schema, e.g. "1 to 200" or "minmax, entropy"."""
    if "enum" in schema:
        return ", ".join(str(choice) for choice in schema["enum"])
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf))
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
    if "exclusiveMinimum" in schema:
        return f"above {low} up to {high}"
    if schema["type"] in ("integer", "number"):
        return f"{low} to {high}"
    return "true, false" if schema["type"] == "boolean" else schema.get("pattern", "text")
