"""The human path: `python -m engine <recipe> --epochs 3`, `list`, `schema <recipe>`; options come from the schema."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.events import Event, Failed, Finished, encode
from engine.recipe import Recipe, RecipeError, Workspace, describe_limits
from engine.recipes import RECIPES, get_recipe
from engine.runner import FAILED, FINISHED, THREAD_VARIABLES, perform
from engine.stopping import StopFlag
from engine.wording import describe


def run_command(arguments: Sequence[str]) -> int:
    """Do what the command line asks; returns the exit code (2 = a mistake on the command line or in the job)."""
    command = arguments[0] if arguments else "--help"
    if command in ("-h", "--help"):
        print(f"{sys.modules[__name__].__doc__}\n")
        return _list()
    if command == "list":
        return _list()
    try:
        if command == "schema":
            return _schema(arguments[1:])
        return _run(get_recipe(command), arguments[1:])
    except RecipeError as error:
        print(f"{error.message} {error.mend}", file=sys.stderr)
        return FAILED


def _list() -> int:
    for recipe in RECIPES.values():
        reason = recipe.unavailable_reason()
        print(f"{recipe.slug:20} {recipe.summary}{f' [{reason}]' if reason else ''}")
    return FINISHED


def _schema(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine schema", description="Print the JSON schema of a recipe.")
    parser.add_argument("recipe")
    recipe = get_recipe(parser.parse_args(arguments).recipe)
    print(json.dumps(recipe.Params.model_json_schema(), indent=2))
    return FINISHED


def _run(recipe: Recipe, arguments: Sequence[str]) -> int:
    options = vars(_parser(recipe).parse_args(arguments))
    own = {name: options.pop(name) for name in ("datasets", "out", "parent", "resume", "threads", "device", "json")}
    recipe.parse(options)  # a mistake is told at once, before anything is written
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(own["threads"])))
    workspace = Workspace(
        root=own["out"] or Path("runs") / f"{recipe.slug}-{time.strftime('%Y%m%d-%H%M%S')}",
        datasets=own["datasets"],
        parent=own["parent"],
        checkpoint=own["resume"],
        threads=own["threads"],
        device=own["device"] or recipe.device,
        stop_requested=StopFlag(signal.SIGINT, signal.SIGTERM).is_set,
    )
    return perform(recipe.slug, options, workspace, _print_json if own["json"] else _print_line(workspace.root))


def _parser(recipe: Recipe) -> argparse.ArgumentParser:
    """Options as text: `Params` alone judges them, so that form, API and command line answer alike."""
    parser = argparse.ArgumentParser(
        prog=f"python -m engine {recipe.slug}", description=recipe.__doc__, argument_default=argparse.SUPPRESS
    )
    for name, schema in recipe.Params.model_json_schema()["properties"].items():
        unit = f" {schema['unit']}" if "unit" in schema else ""
        text = f"{schema['description']} Allowed: {describe_limits(schema)}{unit}; usual: {schema['default']}."
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=schema["type"].upper(), help=text.replace("%", "%%"))
    where = parser.add_argument_group("where and how")
    where.add_argument("--datasets", type=Path, default=Path("datasets"), help="folder of data-set folders")
    where.add_argument("--out", type=Path, default=None, help="folder to write to (default: runs/<recipe>-<time>)")
    where.add_argument("--parent", type=Path, default=None, help="artifact folder of the parent model")
    where.add_argument("--resume", type=Path, default=None, help="checkpoint folder of an earlier run")
    where.add_argument(
        "--threads", type=int, choices=range(1, 257), metavar="N", default=1, help="CPU threads (default: 1)"
    )
    where.add_argument("--device", default=None, help=f"cpu or cuda (default: {recipe.device})")
    where.add_argument("--json", action="store_true", default=False, help="print events as JSON lines")
    return parser


def _print_json(event: Event) -> None:
    print(encode(event), flush=True)


def _print_line(root: Path) -> Callable[[Event], None]:
    def show(event: Event) -> None:
        if isinstance(event, Finished) and event.artifact:
            print(f"The model is in {root / event.artifact}", flush=True)
        line = describe(event)
        if line:
            print(line, file=sys.stderr if isinstance(event, Failed) else sys.stdout, flush=True)

    return show
