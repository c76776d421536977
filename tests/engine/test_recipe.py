import pytest
from pydantic import Field

from engine.recipe import Params, RecipeError, describe_limits
from engine.recipes import RECIPES

CLASSIFIER, QUANTIZATION = RECIPES["image-classifier"], RECIPES["quantization"]


def test_a_nested_parameter_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="must be int, float, bool, str or Literal"):

        class Nested(Params):
            layers: list[int] = Field([1], description="Widths.")


def test_a_parameter_without_default_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="needs a default"):

        class Undecided(Params):
            epochs: int = Field(ge=1, le=2, description="Passes.")


def test_a_parameter_without_description_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="needs a description"):

        class Silent(Params):
            fast: bool = False


def test_a_number_without_bounds_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="needs a lower and an upper bound"):

        class Boundless(Params):
            epochs: int = Field(1, ge=1, description="Passes.")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"epochs": 0}, "epochs = 0: input should be greater than or equal to 1 (allowed: 1 to 200; usual: 10)."),
        ({"epochs": "many"}, "epochs = 'many': input should be a valid integer"),
        ({"learning_rate": float("nan")}, "learning_rate = nan: input should be a finite number"),
        ({"dataset": "../../etc"}, "dataset = '../../etc': string should match pattern"),
        ({"epoch": 3}, "epoch is not a parameter here (known: dataset, epochs,"),
    ],
)
def test_a_wrong_parameter_is_told_with_its_value_its_limits_and_its_usual_value(values, sentence):
    with pytest.raises(RecipeError) as caught:
        CLASSIFIER.parse(values)
    assert caught.value.code == "bad_params"
    assert sentence in caught.value.message


def test_every_wrong_parameter_is_told_at_once():
    with pytest.raises(RecipeError) as caught:
        CLASSIFIER.parse({"epochs": 0, "batch_size": 0})
    assert "epochs = 0" in caught.value.message
    assert "batch_size = 0" in caught.value.message


def test_a_long_refused_value_is_cut_short():
    with pytest.raises(RecipeError) as caught:
        CLASSIFIER.parse({"dataset": "x" * 10_000})
    assert len(caught.value.message) < 300


def test_text_from_a_form_is_taken_for_the_number_it_says():
    assert CLASSIFIER.parse({"epochs": "3", "learning_rate": "0.01"}).epochs == 3


def test_params_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        CLASSIFIER.parse({}).epochs = 3


@pytest.mark.parametrize(
    ("recipe", "kind", "code"),
    [
        (CLASSIFIER, "image-classifier", "unexpected_parent"),
        (QUANTIZATION, None, "missing_parent"),
        (QUANTIZATION, "image-classifier-int8", "wrong_parent"),
    ],
)
def test_a_parent_of_the_wrong_kind_is_refused_with_the_way_out(recipe, kind, code):
    with pytest.raises(RecipeError) as caught:
        recipe.check_parent(kind)
    assert caught.value.code == code
    assert caught.value.mend


def test_the_right_parent_is_accepted():
    CLASSIFIER.check_parent(None)
    QUANTIZATION.check_parent("image-classifier")


def test_a_missing_library_is_the_reason_why_a_recipe_is_unavailable(monkeypatch):
    monkeypatch.setattr(type(CLASSIFIER), "needs", ("pydantic", "surely_absent"))
    assert CLASSIFIER.unavailable_reason() == "Not installed here: surely_absent."


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "a, b"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "1 to 5"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "above 0 up to 1"),
        ({"type": "boolean"}, "true, false"),
        ({"type": "string"}, "text"),
    ],
)
def test_limits_are_said_in_words(schema, words):
    assert describe_limits(schema) == words
