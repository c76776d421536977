import re
import subprocess
import sys

import pytest

from engine.artifact import load_artifact
from engine.events import Finished, Metrics, Progress, Started, decode, encode
from engine.recipe import RecipeError
from engine.recipes import RECIPES, get_recipe

every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@every_recipe
def test_a_recipe_says_what_it_is(recipe):
    assert RECIPES[recipe.slug] is recipe
    assert re.fullmatch(r"[a-z][a-z0-9-]*", recipe.slug)
    assert type(recipe).__doc__
    assert recipe.title
    assert recipe.summary.endswith(".")
    assert recipe.family in ("training", "compression", "operations")
    assert recipe.objective.direction in ("higher", "lower")
    assert recipe.memory_gib > 0


@every_recipe
def test_its_schema_is_flat_and_says_everything_a_form_needs(recipe):
    for schema in recipe.Params.model_json_schema()["properties"].values():
        assert schema["type"] in ("integer", "number", "boolean", "string")
        assert schema["description"]
        assert "default" in schema


@every_recipe
def test_its_defaults_are_valid_and_its_forecast_is_positive(recipe):
    assert recipe.forecast_seconds(recipe.parse({})) > 0


@every_recipe
def test_its_work_is_positive_and_grows_with_what_is_asked_for(recipe):
    usual = recipe.parse({})
    for name in ("epochs", "rounds", "seconds"):
        if hasattr(usual, name):
            assert 0 < recipe.work(usual) < recipe.work(recipe.parse({name: 2 * getattr(usual, name)}))


@every_recipe
def test_it_is_available_here(recipe):
    assert recipe.unavailable_reason() is None


@every_recipe
def test_a_tiny_run_ends_with_the_artifact_it_promises(recipe, run_recipe, tiny_params, classifier, tmp_path):
    parent = classifier[0] if recipe.parent_kinds else None
    events = run_recipe(recipe.slug, tiny_params[recipe.slug], tmp_path, parent=parent)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert recipe.objective.metric in events[-1].metrics
    assert [decode(encode(event)) for event in events] == events
    if recipe.produces is None:
        assert events[-1].artifact == ""
        return
    artifact = load_artifact(tmp_path / events[-1].artifact)
    assert artifact.kind == recipe.produces
    assert artifact.manifest["recipe"] == recipe.slug
    assert artifact.manifest["metrics"] == events[-1].metrics


@every_recipe
def test_its_steps_rise_to_the_promised_number(recipe, run_recipe, tiny_params, classifier, tmp_path):
    parent = classifier[0] if recipe.parent_kinds else None
    events = run_recipe(recipe.slug, tiny_params[recipe.slug], tmp_path, parent=parent)
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == events[0].steps
    assert any(isinstance(event, Metrics) for event in events)


def test_an_unknown_recipe_is_answered_with_the_nearest_first():
    with pytest.raises(RecipeError) as caught:
        get_recipe("quantisation")
    assert caught.value.code == "unknown_recipe"
    assert caught.value.mend.startswith("Choose one of: quantization,")


def test_the_catalogue_loads_neither_torch_nor_numpy():
    script = "import sys, engine.recipes, engine.recipe, engine.events; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for heavy in ("'torch'", "'numpy'", "'onnx'", "'onnxruntime'", "'sklearn'", "'django'"):
        assert heavy not in modules
