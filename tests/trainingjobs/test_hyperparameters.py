from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError

from engine.recipes import RECIPES
from trainingjobs.hyperparameters import settings_of, validate_params

REGRESSION, CLASSIFIER = RECIPES["linear-regression"], RECIPES["image-classifier"]


def faults(recipe, **raw):
    with pytest.raises(ValidationError) as refusal:
        validate_params(recipe, raw)
    return refusal.value.message_dict


def test_text_from_a_form_is_read_as_numbers():
    params = validate_params(CLASSIFIER, {"epochs": " 3 ", "learning_rate": "0.01", "batch_size": "64"})
    assert (params.epochs, params.learning_rate, params.batch_size) == (3, 0.01, 64)


def test_nothing_given_means_the_usual_values():
    assert validate_params(REGRESSION, {}) == REGRESSION.Params()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", "0", "0 is below the limit of 1. Usual is 10."),
        ("epochs", 900, "900 is above the limit of 200. Usual is 10."),
        ("epochs", "2.5", "2.5 is not a whole number. Usual is 10."),
        ("epochs", "many", "many is not a whole number. Usual is 10."),
        ("epochs", True, "true is not a whole number. Usual is 10."),
        ("epochs", "", "A value is missing. Usual is 10."),
        ("learning_rate", "0", "0 must be above 0. Usual is 0.001."),
        ("learning_rate", "nan", "nan is not a number. Usual is 0.001."),
        ("learning_rate", 1.5, "1.5 is above the limit of 1. Usual is 0.001."),
    ],
)
def test_a_wrong_value_is_told_with_its_limit_and_what_is_usual(name, value, message):
    assert faults(CLASSIFIER, **{name: value}) == {name: [message]}


def test_a_wrong_choice_is_told_the_choices():
    assert faults(REGRESSION, dataset="moon") == {
        "dataset": ["moon is not one of synthetic, diabetes. Usual is synthetic."]
    }


def test_an_unknown_setting_is_told_the_known_ones():
    message = faults(REGRESSION, epoch=3)["epoch"][0]
    assert message.startswith("There is no setting of this name. The settings are: dataset, epochs,")


def test_every_fault_is_told_at_once():
    assert set(faults(CLASSIFIER, epochs=0, batch_size=0, dataset="../../etc")) == {"epochs", "batch_size", "dataset"}


def test_a_hostile_value_is_cut_short():
    assert len(faults(CLASSIFIER, epochs="9" * 5000)["epochs"][0]) < 200


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_every_setting_of_every_recipe_can_be_shown(recipe):
    for setting in settings_of(recipe):
        assert setting.label
        assert setting.help
        assert setting.value == setting.default
        assert (setting.kind == "choice") == bool(setting.choices)
        if setting.kind in {"int", "float"}:
            assert setting.minimum <= setting.default <= setting.maximum


def test_a_label_is_the_title_of_the_recipe_or_else_the_name_of_the_setting():
    labels = {setting.name: setting.label for setting in settings_of(RECIPES["probe"])}
    assert (labels["exit_mode"], labels["shared_megabytes"], labels["steps"]) == (
        "How it ends",
        "Shared memory",
        "Steps",
    )


def test_labels_help_and_units_are_translated():
    catalogue = {"Duration": "Dauer", "Length of all steps together.": "Länge aller Schritte.", "s": "Sek."}
    with patch("trainingjobs.hyperparameters._", lambda text: catalogue.get(text, text)):
        shown = {setting.name: setting for setting in settings_of(RECIPES["probe"])}
    duration = shown["seconds"]
    assert (duration.label, duration.help, duration.unit) == ("Dauer", "Länge aller Schritte.", "Sek.")
    assert shown["steps"].unit == ""


def test_settings_show_the_values_that_were_given():
    shown = {setting.name: setting for setting in settings_of(CLASSIFIER, {"epochs": "many"})}
    assert (shown["epochs"].value, shown["batch_size"].value) == ("many", 32)
    assert (shown["batch_size"].unit, shown["seed"].advanced, shown["learning_rate"].step) == ("pictures", True, 1e-4)
