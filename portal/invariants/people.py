"""The audit trail is what it was, and worked time costs what its rates say."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from finance.models import LedgerEntry, RateAdjustment, TimeEntry
from finance.money import labour_minor
from people.chain import first_break
from people.models import AuditEntry
from portal.invariants.breach import Breach

STUCK = timedelta(minutes=30)


def audit_is_chained() -> Iterator[Breach]:
    """Every link of the audit trail fits the one before it, and no entry waits long for its link."""
    if broken := first_break():
        subject = f"audit entry {broken.entry_pk}" if broken.entry_pk else f"link {broken.place}"
        yield Breach("audit_is_chained", subject, f"place {broken.place}: {broken.fact}")
    waiting = AuditEntry.objects.filter(link=None, at__lt=timezone.now() - STUCK)
    if count := waiting.count():
        yield Breach(
            "audit_is_chained", "audit trail", f"{count} entries have waited for their link since half an hour"
        )


def time_costs_its_rate() -> Iterator[Breach]:
    """What was posted for worked time is its minutes at the rate it names."""
    expense = (
        LedgerEntry.objects.expenses()
        .filter(journal_entry=OuterRef("journal_entry"))
        .values("journal_entry")
        .annotate(total=Sum("amount_minor"))
        .values("total")
    )
    entries = TimeEntry.objects.annotate(
        posted=Subquery(expense), foreign=F("journal_entry__transaction_minor"), hour=F("role_rate__hour_minor")
    )
    for pk, minutes, hour, posted, foreign in entries.values_list("pk", "minutes", "hour", "posted", "foreign"):
        stands, due = posted if foreign is None else foreign, labour_minor(minutes, hour)
        if stands != due:
            yield Breach("time_costs_its_rate", f"time entry {pk}", f"posted {stands}, its minutes cost {due}")


def adjustments_are_posted() -> Iterator[Breach]:
    """What late rates changed for time entries is what their adjustments posted."""
    expense = Q(account__in=["expense", "fx_variance"], journal_entry__source="role-rate")
    posted = dict(
        LedgerEntry.objects.filter(expense).values_list("journal_entry").annotate(total=Sum("amount_minor")).order_by()
    )
    kept = dict(RateAdjustment.objects.values_list("journal_entry").annotate(total=Sum("amount_minor")).order_by())
    for pk in posted.keys() | kept.keys():
        if posted.get(pk) != kept.get(pk):
            yield Breach(
                "adjustments_are_posted", f"journal entry {pk}", f"posted {posted.get(pk)}, kept {kept.get(pk)}"
            )
