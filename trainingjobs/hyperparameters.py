"""Hyper-parameters for people: what a recipe lets one set, and what is wrong with a value, in words with the mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import pydantic
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from pydantic_core import ErrorDetails

from engine.recipe import Recipe

Kind = Literal["int", "float", "bool", "str", "choice"]
_KINDS: dict[str, Kind] = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
_LOW, _HIGH = {"greater_than", "greater_than_equal"}, {"less_than", "less_than_equal"}


@dataclass(frozen=True)
class Setting:
    """One hyper-parameter as a form shows it; made from the schema of the recipe, so no bound is written twice."""

    name: str
    label: str
    kind: Kind
    default: Any
    minimum: float | None
    maximum: float | None
    unit: str
    help: str
    choices: tuple[Any, ...]
    value: Any
    step: float | None = None
    advanced: bool = False


def settings_of(recipe: Recipe, values: Mapping[str, Any] | None = None) -> list[Setting]:
    """Every setting of a recipe with its bounds, filled with the given values where there are some."""
    values = values or {}
    properties = recipe.Params.model_json_schema()["properties"]
    fields = recipe.Params.model_fields
    return [
        _setting(name, fields[name].title, schema, values.get(name, schema["default"]))
        for name, schema in properties.items()
    ]


def _setting(name: str, title: str | None, schema: Mapping[str, Any], value: Any) -> Setting:
    """Its label is the title that the recipe gives it, or else its name."""
    choices = tuple(schema.get("enum", (schema["const"],) if "const" in schema else ()))
    return Setting(
        name=name,
        label=_(title or name.replace("_", " ").capitalize()),
        kind="choice" if choices else _KINDS[schema["type"]],
        default=schema["default"],
        minimum=schema.get("minimum", schema.get("exclusiveMinimum")),
        maximum=schema.get("maximum", schema.get("exclusiveMaximum")),
        unit=_(unit) if (unit := schema.get("unit")) else "",
        help=_(schema["description"]),
        choices=choices,
        value=value,
        step=schema.get("step"),
        advanced=schema.get("advanced", False),
    )


def validate_params(recipe: Recipe, raw: Mapping[str, Any]) -> pydantic.BaseModel:
    """The recipe's own Params from raw values (text from forms is read as numbers), or one error a wrong field."""
    read = {name: _read(recipe, name, value) for name, value in raw.items()}
    try:
        return recipe.Params.model_validate(read)
    except pydantic.ValidationError as error:
        faults: dict[str, list[ValidationError]] = {}
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else NON_FIELD_ERRORS
            faults.setdefault(name, []).append(_fault(recipe, name, detail))
        raise ValidationError(faults) from None


def _read(recipe: Recipe, name: str, value: Any) -> Any:
    """What a form or a JSON body means: a choice by its text; yes and no are not numbers."""
    field = recipe.Params.model_fields.get(name)
    if field is None:
        return value
    if get_origin(field.annotation) is Literal:
        return next((choice for choice in get_args(field.annotation) if str(choice) == str(value)), value)
    if isinstance(value, bool) and field.annotation in (int, float):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else value


def _fault(recipe: Recipe, name: str, detail: ErrorDetails) -> ValidationError:
    """One refused value: the fact, the limit, and what is usual."""
    kind, context = detail["type"], detail.get("ctx", {})
    schema = recipe.Params.model_json_schema()["properties"].get(name, {})
    limit = next((context[key] for key in ("ge", "gt", "le", "lt") if key in context), None)
    params = {
        "value": _short(detail["input"]),
        "limit": _number(limit),
        "usual": _number(schema.get("default")),
        "names": ", ".join(recipe.Params.model_fields),
        "choices": ", ".join(map(str, schema.get("enum", ()))),
        "reason": detail["msg"],
    }
    if kind == "extra_forbidden":
        return ValidationError(
            _("There is no setting of this name. The settings are: %(names)s."), "unknown_setting", params
        )
    if not schema:
        return ValidationError(_("%(reason)s."), "invalid", params)
    if detail["input"] == "":
        return ValidationError(_("A value is missing. Usual is %(usual)s."), "missing", params)
    if kind == "greater_than":
        return ValidationError(_("%(value)s must be above %(limit)s. Usual is %(usual)s."), "too_low", params)
    if kind == "less_than":
        return ValidationError(_("%(value)s must be below %(limit)s. Usual is %(usual)s."), "too_high", params)
    if kind in _LOW:
        return ValidationError(_("%(value)s is below the limit of %(limit)s. Usual is %(usual)s."), "too_low", params)
    if kind in _HIGH:
        return ValidationError(_("%(value)s is above the limit of %(limit)s. Usual is %(usual)s."), "too_high", params)
    if "enum" in schema:
        return ValidationError(_("%(value)s is not one of %(choices)s. Usual is %(usual)s."), "not_a_choice", params)
    if schema["type"] == "integer":
        return ValidationError(_("%(value)s is not a whole number. Usual is %(usual)s."), "not_an_integer", params)
    if schema["type"] == "number":
        return ValidationError(_("%(value)s is not a number. Usual is %(usual)s."), "not_a_number", params)
    if schema["type"] == "boolean":
        return ValidationError(_("%(value)s is neither yes nor no. Usual is %(usual)s."), "not_a_boolean", params)
    return ValidationError(_("%(value)s is not allowed: %(reason)s. Usual is %(usual)s."), "not_allowed_text", params)


def _number(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _short(value: Any) -> str:
    text = _number(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
