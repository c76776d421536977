"""What the depots say about the models that the main job has just made: voices that name their model."""

from collections.abc import Mapping
from datetime import datetime

from experiments.models import ModelVersion
from portal.demo.story import Quote
from projects.models import Project
from projects.services import record_feedback

ABOUT: Mapping[str, tuple[Quote, ...]] = {  # by the recipe that made the model
    "image-classifier": (
        Quote(3, "Reads well, but the handheld takes two seconds to load it.", "Maria López, depot Bremen", 0),
    ),
    "quantization": (
        Quote(5, "The small one answers before I have put the parcel down.", "Maria López, depot Bremen", 0),
        Quote(4, "I see no difference to the big one on a whole cart.", "Oskar Stein, hand sorting Lübeck", 0),
        Quote(4, "It runs on the old scanners too, nobody had to buy any.", "Farid Khan, shift lead Bremen", 0),
        Quote(3, "A smudged four still comes out as a nine.", "Jule Petersen, hand sorting Lübeck", 0),
        Quote(5, "Not one call about a wrong depot this morning.", "Anna Kowalski, customer desk", 0),
    ),
}


def enter_voices(*, project: Project, at: datetime) -> None:
    """About the newest model of each recipe; a recipe that has made none is left out."""
    for recipe, quotes in ABOUT.items():
        models = ModelVersion.objects.filter(run__project=project, run__recipe=recipe)
        model = models.select_related("run").order_by("-created_at").first()
        for quote in quotes if model else ():
            record_feedback(
                project=project,
                score=quote.score,
                text=quote.text,
                source=quote.source,
                received_at=at,
                by=project.lead,
                model_version=model,
            )
