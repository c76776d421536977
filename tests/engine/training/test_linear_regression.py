import numpy as np
import pytest

from engine.data.points import diabetes_points
from engine.events import Metrics
from engine.inference import Predictor
from engine.models.line import least_squares
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes import RECIPES


@pytest.fixture(scope="module")
def fitted(run_recipe, tmp_path_factory):
    root = tmp_path_factory.mktemp("line")
    return root, run_recipe("linear-regression", {}, root)


def test_with_its_defaults_it_reaches_the_closed_form(fitted):
    assert fitted[1][-1].metrics["relative_error_to_closed_form"] <= 1e-5


def test_the_loss_falls_at_every_report(fitted):
    losses = [event.values["train_loss"] for event in fitted[1] if isinstance(event, Metrics)]
    assert len(losses) >= 20
    assert losses == sorted(losses, reverse=True)


def test_the_artifact_predicts_from_x_in_the_units_of_the_data(fitted):
    root, events = fitted
    metrics = events[-1].metrics
    predicted = Predictor.load(root / "artifact").predict(np.array([[0.0], [10.0]]))
    expected = [[metrics["bias"]], [10 * metrics["weight"] + metrics["bias"]]]
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)


def test_on_the_diabetes_data_it_finds_the_known_line(run_recipe, tmp_path):
    metrics = run_recipe("linear-regression", {"dataset": "diabetes"}, tmp_path)[-1].metrics
    assert metrics["relative_error_to_closed_form"] <= 1e-5
    assert metrics["weight"] == pytest.approx(least_squares(diabetes_points()).weight, rel=0.05)


@pytest.mark.parametrize("epochs", [1, 30, 5_000])
def test_a_learning_rate_above_two_is_told_as_divergence(run_recipe, tmp_path, epochs):
    with pytest.raises(RecipeError) as caught:
        run_recipe("linear-regression", {"learning_rate": 2.5, "epochs": epochs}, tmp_path)
    assert caught.value.code == "diverged"
    assert "smaller learning rate than 2.5" in caught.value.mend


def test_asked_to_stop_it_stops_at_the_next_step(tmp_path):
    recipe = RECIPES["linear-regression"]
    workspace = Workspace(root=tmp_path, datasets=tmp_path, stop_requested=lambda: True)
    with pytest.raises(Stopped):
        list(recipe.run(recipe.parse({}), workspace))
    assert not (tmp_path / "artifact").exists()


def test_a_device_that_is_not_here_is_refused(run_recipe, tmp_path):
    with pytest.raises(RecipeError) as caught:
        run_recipe("linear-regression", {}, tmp_path, device="typewriter")
    assert caught.value.code == "no_device"
