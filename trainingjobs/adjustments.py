"""What late rate cards have changed about jobs that were charged: entries of the journal beside the charge."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery, Sum

from finance.models import JournalEntry, LedgerEntry, RateCard
from trainingjobs.models import TrainingJob

Adjustments = dict[str, list[Any]]  # by the key of a job its entries, oldest first, each with its `minor`
SOURCE = "rate-card"  # its external ids are card/job
MINOR = Subquery(
    LedgerEntry.objects.expenses()
    .filter(journal_entry=OuterRef("pk"))
    .values("journal_entry")
    .annotate(total=Sum("amount_minor"))
    .values("total")
)


def adjustments_of(jobs: Iterable[TrainingJob]) -> Adjustments:
    """The adjustments of the jobs of a page, as far as nobody took them back."""
    charged = [job.pk for job in jobs if job.charge_id]
    if not charged:
        return {}
    cards = list(RateCard.objects.values_list("pk", flat=True))
    return _by_job(external_id__in=[f"{card}/{pk}" for pk in charged for card in cards])


def all_adjustments() -> Adjustments:
    """The same of every job, for a list without an end."""
    return _by_job()


def _by_job(**only: list[str]) -> Adjustments:
    entries = JournalEntry.objects.filter(source=SOURCE, reversed_by=None, **only).select_related("rate_card")
    found: Adjustments = {}
    for entry in entries.annotate(minor=MINOR).order_by("effective_on", "pk"):
        found.setdefault(entry.external_id.partition("/")[2], []).append(entry)
    return found
