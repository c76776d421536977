"""What late rate cards have changed about jobs that have ended: entries of the journal beside the charge."""

from collections.abc import Iterable

from django.db.models import Prefetch, prefetch_related_objects

from trainingjobs.models import CardAdjustment, TrainingJob

LATE = Prefetch(
    "card_adjustments",
    CardAdjustment.objects.standing().select_related("journal_entry__rate_card").order_by("pk"),
    to_attr="late",
)


def late_of(job: TrainingJob) -> list[CardAdjustment]:
    """The adjustments of one job, as far as nobody took them back, oldest first."""
    read_late([job])
    return job.late  # type: ignore[attr-defined]


def read_late(jobs: Iterable[TrainingJob]) -> None:
    """The same for the jobs of a page at once, as `late` of each."""
    prefetch_related_objects(list(jobs), LATE)
