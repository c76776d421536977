"""What must hold for foreign documents: the parts at budget, order and actual rate are the whole."""

from collections.abc import Iterator
from typing import cast

from django.db.models import Exists, OuterRef, Q, Sum

from finance.models import Commitment, ExchangeRate, JournalEntry, LedgerEntry
from finance.services.exchange import at_rate
from people.models import AuditEntry
from portal.invariants.breach import Breach

NAME = "rates_part_the_whole"
EXPENSE = Q(entries__account=LedgerEntry.Account.EXPENSE)
ON_LINES = EXPENSE | Q(entries__account=LedgerEntry.Account.FX_VARIANCE)


def rates_part_the_whole() -> Iterator[Breach]:
    """Expense and variance of a foreign entry are its document at the rate of its day, expense that at the budget rate.

    An order is its document at both rates, and the expense that relieved all of it is what it was planned at.
    """
    yield from _entries()
    yield from _orders()


def _entries() -> Iterator[Breach]:
    relieves = LedgerEntry.objects.filter(journal_entry=OuterRef("pk"), commitment__isnull=False)
    entries = (
        JournalEntry.objects.exclude(exchange_rate=None)
        .select_related("exchange_rate", "budget_rate")
        .annotate(
            whole=Sum("entries__amount_minor", filter=ON_LINES, default=0),
            expense=Sum("entries__amount_minor", filter=EXPENSE, default=0),
            relieves=Exists(relieves),
        )
        .order_by("pk")
    )
    for entry in entries.iterator():
        due = at_rate(entry.transaction_minor or 0, cast(ExchangeRate, entry.exchange_rate))
        if entry.whole != due:
            yield Breach(NAME, f"journal entry {entry.pk}", f"its parts sum to {entry.whole}, its document is {due}")
        if entry.budget_rate is None or entry.relieves:
            continue
        planned = at_rate(entry.transaction_minor or 0, entry.budget_rate)
        if entry.expense != planned and not _went_beyond_its_order(entry):
            yield Breach(NAME, f"journal entry {entry.pk}", f"expense {entry.expense}, at the budget rate {planned}")


def _went_beyond_its_order(entry: JournalEntry) -> bool:
    """Whether it was posted with an order of which nothing was left: that stays at the rate of the order."""
    trail = AuditEntry.objects.filter(verb="post_actual", subject_type="finance.journalentry")
    return trail.filter(subject_id=str(entry.reverses_id or entry.pk), detail__has_key="commitment").exists()


def _orders() -> Iterator[Breach]:
    orders = Commitment.objects.exclude(exchange_rate=None).select_related("exchange_rate", "budget_rate")
    spent = Sum(
        "ledger_entries__amount_minor", filter=Q(ledger_entries__account=LedgerEntry.Account.EXPENSE), default=0
    )
    for order in orders.annotate(expense=spent).order_by("pk").iterator():
        for rate, kept in ((order.exchange_rate, order.amount_minor), (order.budget_rate, order.budgeted_minor)):
            due = at_rate(order.transaction_minor or 0, rate) if rate else None
            if kept != due:
                yield Breach(NAME, f"commitment {order.pk}", f"keeps {kept}, at the rate of {rate} {due}")
        if order.status == Commitment.Status.RELIEVED and order.budgeted_minor not in {None, order.expense}:
            fact = f"relieved by an expense of {order.expense}, planned at {order.budgeted_minor}"
            yield Breach(NAME, f"commitment {order.pk}", fact)
