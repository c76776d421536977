"""The audit trail is what it was, and worked time costs what its rates say."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from finance.models import LedgerEntry, RateAdjustment, TimeEntry
from finance.money import labour_minor
from people.chain import first_break
from people.models import AuditEntry
from portal.invariants.breach import Breach
from trainingjobs.models import CardAdjustment

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
    """What late rates changed for time entries and jobs is what their adjustments posted, variance included."""
    variance = Q(account=LedgerEntry.Account.FX_VARIANCE)
    sides = LedgerEntry.objects.expenses().filter(journal_entry__source__in=["role-rate", "rate-card"]).order_by()
    posted = _by_entry(sides, Sum("amount_minor"), Sum("amount_minor", filter=variance, default=0))
    kept = _by_entry(RateAdjustment.objects.order_by(), Sum("amount_minor"), Sum("variance_minor"))
    kept |= _by_entry(CardAdjustment.objects.order_by(), Sum("amount_minor"), Sum(Value(0)))
    for pk in posted.keys() | kept.keys():
        if (stands := posted.get(pk, [0, 0])) != (due := kept.get(pk, [0, 0])):
            fact = f"posted {stands[0]}, of it {stands[1]} variance; kept {due[0]}, of it {due[1]}"
            yield Breach("adjustments_are_posted", f"journal entry {pk}", fact)


def _by_entry(rows: QuerySet, whole: Sum, variance: Sum) -> dict[int, list[int]]:
    """Of each journal entry the sum and what of it is variance, in minor units."""
    found = rows.values("journal_entry").annotate(whole=whole, variance=variance)
    return {pk: sums for pk, *sums in found.values_list("journal_entry", "whole", "variance")}
