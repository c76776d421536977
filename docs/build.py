"""Write the reference pages from the code: openapi.yaml, recipes.md, settings.md. `--check` only compares."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "DATABASE_URL": "",
}  # the bounds of integers differ by database

import django  # noqa: E402

django.setup()

from drf_spectacular.generators import SchemaGenerator  # noqa: E402
from drf_spectacular.renderers import OpenApiYamlRenderer  # noqa: E402

from engine.recipes import RECIPES  # noqa: E402
from portal.environment import Environment  # noqa: E402


def openapi() -> str:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(schema, renderer_context={}).decode()


def recipes() -> str:
    lines = ["# Recipes", "", "Each is a web form, an API schema and a command: `python -m engine RECIPE --help`.", ""]
    for recipe in RECIPES.values():
        lines += [f"## {recipe.title} (`{recipe.slug}`)", "", recipe.summary, ""]
        if recipe.parent_kinds:
            lines += [
                f"Starts from a finished model of kind {', '.join(f'`{kind}`' for kind in recipe.parent_kinds)}.",
                "",
            ]
        lines += ["| setting | default | allowed | meaning |", "|---|---|---|---|"]
        for name, field in recipe.Params.model_json_schema()["properties"].items():
            lines.append(f"| `{name}` | {field.get('default')} | {allowed(field)} | {field.get('description', '')} |")
        lines.append("")
    return "\n".join(lines)


def allowed(field: dict) -> str:
    if "enum" in field:
        return ", ".join(str(choice) for choice in field["enum"])
    low = next(
        (f"{sign} {field[key]}" for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">")) if key in field), ""
    )
    high = next(
        (f"{sign} {field[key]}" for key, sign in (("maximum", "≤"), ("exclusiveMaximum", "<")) if key in field), ""
    )
    return ", ".join(bound for bound in (low, high) if bound) or field.get("type", "")


def settings() -> str:
    lines = [
        "# Settings",
        "",
        "All come from the environment or from `.env`; a bad value stops the start and says the mend.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Environment.model_fields.items():
        default = "`./var`" if name == "data_dir" else f"`{field.default}`" if field.default not in ("", None) else ""
        lines.append(f"| `{name.upper()}` | {default} | {field.description or ''} |")
    return "\n".join([*lines, ""])


PAGES: dict[str, Callable[[], str]] = {"openapi.yaml": openapi, "recipes.md": recipes, "settings.md": settings}


def main() -> None:
    stale = []
    for name, build in PAGES.items():
        path, text = DOCS / name, build()
        if "--check" in sys.argv:
            stale += [name] if not path.exists() or path.read_text() != text else []
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"Stale in docs/: {', '.join(stale)}. Run `make docs` and commit.")


if __name__ == "__main__":
    main()
