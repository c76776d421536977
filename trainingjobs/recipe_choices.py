"""The recipes to choose from, each with the queue that its jobs wait in."""

from dataclasses import dataclass

from engine.recipe import Recipe
from engine.recipes import RECIPES
from trainingjobs.models import Resource, Worker


@dataclass(frozen=True)
class RecipeChoice:
    """One card of the submission form."""

    recipe: Recipe
    queue: Resource
    is_served: bool  # by a worker that is there now

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be chosen here, or None."""
        return self.recipe.unavailable_reason()


def recipe_choices() -> list[RecipeChoice]:
    """Every recipe of the catalogue, in its order."""
    workers = list(Worker.objects.alive())
    queues = {resource: any(worker.serves(resource) for worker in workers) for resource in Resource}
    return [RecipeChoice(recipe, queue := Resource.of(recipe), queues[queue]) for recipe in RECIPES.values()]
