"""Post to the ledger. An entry is posted once per source and external id, balances, and is never changed."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from finance.models import BudgetLine, JournalEntry, LedgerEntry, MonthSpend, RateCard
from people.models import User
from people.services import record_audit


@transaction.atomic
def post_actual(
    *,
    line: BudgetLine,
    amount_minor: int,
    memo: str,
    source: str,
    external_id: str,
    effective_on: date,
    at: datetime,
    by: User | None,
    rate_card: RateCard | None = None,
) -> JournalEntry:
    """Post what was really spent on a line; the same source and external id takes effect once."""
    if JournalEntry.objects.filter(source=source, external_id=external_id).exists():
        raise ValidationError(
            _("%(source)s has already posted %(id)s."),
            code="already_posted",
            params={"source": source, "id": external_id},
        )
    entry = JournalEntry.objects.create(
        posted_at=at,
        effective_on=effective_on,
        currency=line.budget.currency,
        memo=memo,
        source=source,
        external_id=external_id,
        posted_by=by,
        rate_card=rate_card,
    )
    LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(journal_entry=entry, account=LedgerEntry.Account.EXPENSE, line=line, amount_minor=amount_minor),
            LedgerEntry(journal_entry=entry, account=LedgerEntry.Account.CLEARING, amount_minor=-amount_minor),
        ]
    )
    _spend(line.pk, effective_on, amount_minor)
    record_audit(verb="post_actual", subject=entry, by=by, detail={"line": line.pk, "amount_minor": amount_minor})
    return entry


@transaction.atomic
def reverse_entry(*, entry: JournalEntry, memo: str, effective_on: date, at: datetime, by: User | None) -> JournalEntry:
    """Post the mirror of an entry, so that it counts for nothing; the original stays as it was."""
    if entry.reverses_id is not None:
        raise ValidationError(
            _("“%(entry)s” is a reversal itself. Post the actual again instead of reversing it twice."),
            code="is_reversal",
            params={"entry": entry.memo},
        )
    if JournalEntry.objects.filter(reverses=entry).exists():
        raise ValidationError(
            _("“%(entry)s” has been reversed already."), code="already_reversed", params={"entry": entry.memo}
        )
    mirror = JournalEntry.objects.create(
        posted_at=at,
        effective_on=effective_on,
        currency=entry.currency,
        memo=memo,
        source="reversal",
        external_id=str(entry.pk),
        kind=JournalEntry.Kind.REVERSAL,
        posted_by=by,
        rate_card_id=entry.rate_card_id,
        reverses=entry,
    )
    originals = list(entry.entries.all())
    LedgerEntry.objects.bulk_create(
        LedgerEntry(journal_entry=mirror, account=side.account, line_id=side.line_id, amount_minor=-side.amount_minor)
        for side in originals
    )
    for side in originals:
        if side.line_id is not None:
            _spend(side.line_id, effective_on, -side.amount_minor)
    record_audit(verb="reverse_entry", subject=mirror, by=by, detail={"reverses": entry.pk, "memo": memo})
    return mirror


def _spend(line_pk: int, effective_on: date, amount_minor: int) -> None:
    """Add to what a line has cost, in all and in the month: in the transaction that posts."""
    BudgetLine.objects.filter(pk=line_pk).update(spent_minor=F("spent_minor") + amount_minor)
    month = effective_on.replace(day=1)
    MonthSpend.objects.bulk_create([MonthSpend(line_id=line_pk, month=month)], ignore_conflicts=True)
    MonthSpend.objects.filter(line=line_pk, month=month).update(amount_minor=F("amount_minor") + amount_minor)
