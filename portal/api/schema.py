"""The OpenAPI description: what a face accepts, the one error shape, and each recipe's settings."""

from typing import Any

from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiParameter

from engine.recipe import Recipe
from engine.recipes import RECIPES
from people.client_access import scope_of
from people.scopes import ClientScopes
from portal.api.errors import MEDIA_TYPE, TITLES

FAULT = {
    "type": "object",
    "required": ["field", "code", "message"],
    "properties": {
        "field": {
            "type": ["string", "null"],
            "description": "Path in the body, for example params.epochs; null = the whole.",
        },
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details. A conflict adds its figures, such as planned, reserved, spent, short.",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:throughline:problem:over_budget"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs; never translated."},
        "detail": {"type": "string", "description": "For people: the fact, its cause and the way out."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    },
    "additionalProperties": True,
}
WRITE = ("400", "409", "413", "415")


class Schema(AutoSchema):
    """Reads `inputs` of a viewset for the request, and adds to every operation what can go wrong."""

    def get_operation_id(self) -> str:
        """jobs_cancel: the resource and the verb, as the code names them."""
        action = getattr(self.view, "action", None)
        return f"{self._tokenize_path()[0].replace('-', '_')}_{action}" if action else super().get_operation_id()

    def get_summary(self) -> str | None:
        """The first sentence, so that the folded list of operations can be read."""
        return (
            super().get_summary()
            or self.get_description().partition(". ")[0].partition("\n")[0].removesuffix(".")
            or None
        )

    def get_request_serializer(self) -> Any:
        return (
            getattr(self.view, "inputs", {}).get(getattr(self.view, "action", None)) or super().get_request_serializer()
        )

    def get_override_parameters(self) -> list[Any]:
        """The header of who may ask twice, where an action takes it."""
        act = getattr(self.view, getattr(self.view, "action", None) or "", None)
        takes = getattr(act, "takes_key", None)
        about = "The same key with the same body takes effect once; kept for 48 hours."
        key = OpenApiParameter("Idempotency-Key", str, "header", required=takes == "required", description=about)
        return [*super().get_override_parameters(), *([key] if takes else [])]

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        """JobOut is told as Job, ProjectIn as ProjectRequest."""
        name = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return f"{name.removesuffix('InRequest')}Request" if name.endswith("InRequest") else name.removesuffix("Out")

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        self._register("Fault", FAULT)
        problem = {MEDIA_TYPE: {"schema": self._register("Problem", PROBLEM).ref}}
        wrong = {code: {"description": str(TITLES[int(code)]), "content": problem} for code in sorted(self._faults())}
        return {**bodies, **wrong}

    def _faults(self) -> set[str]:
        action = getattr(self.view, "action", None)
        codes = {"401", "403", "429"}
        if "{" in self.path:
            codes.add("404")
        if self.method in {"POST", "PATCH"}:
            codes.update(WRITE)
        if action != "retrieve" and self.method != "DELETE":
            codes.add("422")
        if "/jobs/" in self.path and action == "create":
            codes.add("507")
        return codes

    def _register(self, name: str, schema: dict[str, Any]) -> ResolvedComponent:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component


class ClientScheme(OpenApiAuthenticationExtension):
    """Clients get a token for their credentials; each operation names the scope that it asks for."""

    target_class = "people.client_access.ClientAuthentication"
    name = "client"

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]] | list[dict[str, list[str]]]:
        needed = scope_of(auto_schema.view, auto_schema.method)
        return {self.name: [needed]} if needed else []

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        scopes = ClientScopes().get_all_scopes()
        return {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": reverse("api:client-token"), "scopes": scopes}},
        }


class JobInSchema(OpenApiSerializerExtension):
    """Submitting a job is one of as many bodies as there are recipes; `recipe` tells them apart."""

    target_class = "trainingjobs.serializers.JobIn"

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return "JobSubmission"

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        plain = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        bodies = {slug: self._body(auto_schema, recipe, plain).ref for slug, recipe in RECIPES.items()}
        return {
            "oneOf": list(bodies.values()),
            "discriminator": {"propertyName": "recipe", "mapping": {slug: ref["$ref"] for slug, ref in bodies.items()}},
        }

    def _body(self, auto_schema: Any, recipe: Recipe, plain: dict[str, Any]) -> ResolvedComponent:
        """The plain body with this recipe's name and settings in it."""
        name = type(recipe).__name__
        params = auto_schema._register(f"{name}Params", recipe.Params.model_json_schema())
        properties = {**plain["properties"], "recipe": {"type": "string", "enum": [recipe.slug]}, "params": params.ref}
        required = [*plain["required"], *(["parent"] if recipe.parent_kinds else [])]
        if not recipe.parent_kinds:
            properties.pop("parent")
        body = {
            "type": "object",
            "description": recipe.summary,
            "properties": properties,
            "required": required,
            "additionalProperties": False,
            "examples": [_example(recipe)],
        }
        return auto_schema._register(f"{name}Job", body)


def _example(recipe: Recipe) -> dict[str, Any]:
    """A body that works once its names do; never a submission token, which would make everybody's job one."""
    parent = {"parent": "3fa85f64-5717-4562-b3fc-2c963f66afa6"} if recipe.parent_kinds else {}
    return {"project": "TRI", "recipe": recipe.slug, "params": recipe.Params().model_dump(mode="json"), **parent}


def without_marks(result: Any, **_context: Any) -> Any:
    """Drop the marks by which drf-spectacular would find choices again."""
    if isinstance(result, dict):
        return {key: without_marks(value) for key, value in result.items() if key != "x-spec-enum-id"}
    return [without_marks(value) for value in result] if isinstance(result, list) else result
