"""The catalogue: every recipe the portal offers, by slug. Adding a recipe means adding its line here."""

import difflib

from engine.recipe import Recipe, RecipeError
from engine.recipes.image_classifier import ImageClassifier
from engine.recipes.image_classifier_gpu import ImageClassifierGpu
from engine.recipes.linear_regression import LinearRegression
from engine.recipes.probe import Probe
from engine.recipes.quantization import Quantization

RECIPES: dict[str, Recipe] = {
    recipe.slug: recipe
    for recipe in (LinearRegression(), ImageClassifier(), ImageClassifierGpu(), Quantization(), Probe())
}


def get_recipe(slug: str) -> Recipe:
    """The recipe of that slug; raises `RecipeError` "unknown_recipe" that lists the slugs, the nearest first."""
    if slug in RECIPES:
        return RECIPES[slug]
    near = difflib.get_close_matches(slug, RECIPES, n=len(RECIPES), cutoff=0.5)
    slugs = near + [known for known in RECIPES if known not in near]
    raise RecipeError("unknown_recipe", f"There is no recipe {slug!r}.", f"Choose one of: {', '.join(slugs)}.")
