"""Post to the ledger. An entry is posted once per source and external id, balances, and is never changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from finance.models import BudgetLine, Commitment, CostCentre, ExchangeRate, JournalEntry, LedgerEntry, RateCard
from finance.services.commitment import relieve, reopen
from finance.services.draft import EntryDraft, SideDraft, demand_postable
from finance.services.exchange import Document, read_document
from finance.services.locks import hold_lines
from finance.services.period import demand_open, demand_valid
from finance.services.repeat import actual_before, batch_before, once_more
from finance.services.sums import Effects
from people.models import User
from people.services import record_audit

__all__ = ["EntryDraft", "SideDraft", "post_actual", "post_batch", "reverse_entry"]

Account = LedgerEntry.Account


@once_more
@transaction.atomic
def post_actual(
    *,
    line: BudgetLine,
    amount_minor: int | None,
    memo: str,
    source: str,
    external_id: str,
    effective_on: date,
    at: datetime,
    by: User | None,
    rate_card: RateCard | None = None,
    commitment: Commitment | None = None,
    kind: str = JournalEntry.Kind.ACTUAL,
    cost_centre: CostCentre | None = None,
    station: str = "",
    transaction_currency: str = "",
    transaction_minor: int | None = None,
    budget_rate: ExchangeRate | None = None,
    variance_minor: int = 0,
) -> JournalEntry:
    """Post what was really spent on a line; the same document takes effect once, however often it comes.

    It relieves its commitment; only what goes beyond that can be refused. A foreign actual is posted at the spot rate
    of its day (`amount_minor` is None then): as expense at the rate of the budget, or of the order where none is known,
    the rest as exchange rate variance, that until the order apart from that since. Of an adjustment of foreign amounts
    the poster says which part of it is variance, and against which rate of the budget.
    """
    hold_lines([line.pk])
    before = actual_before(
        source,
        external_id,
        line=line,
        amount_minor=amount_minor,
        transaction_currency=transaction_currency,
        transaction_minor=transaction_minor,
        commitment=commitment,
        cost_centre=cost_centre,
        station=station,
        kind=kind,
        effective_on=effective_on,
        memo=memo,
    )
    if before:
        return before
    demand_open(effective_on, at=at, by=by)
    demand_valid(cost_centre, effective_on, effective_on)
    document = read_document(
        amount_minor=amount_minor,
        currency=line.budget.currency,
        transaction_currency=transaction_currency,
        transaction_minor=transaction_minor,
        on=effective_on,
    )
    split_by = commitment.budget_rate if commitment else budget_rate
    entry = JournalEntry.objects.create(
        kind=kind,
        posted_at=at,
        effective_on=effective_on,
        currency=line.budget.currency,
        memo=memo,
        source=source,
        external_id=external_id,
        posted_by=by,
        rate_card=rate_card,
        **document.columns | ({"budget_rate": split_by} if split_by or commitment else {}),
    )
    effects = Effects()
    draft = SideDraft(Account.EXPENSE, document.amount_minor, line, cost_centre, station, commitment)
    sides = _sides(entry, draft, document, effects, variance_minor)
    sides.append(LedgerEntry(journal_entry=entry, account=Account.CLEARING, amount_minor=-document.amount_minor))
    LedgerEntry.objects.bulk_create(sides)
    effects.keep(at)
    detail = {"line": line.pk, "amount_minor": document.amount_minor}
    if commitment:
        detail["commitment"] = commitment.pk
    record_audit(verb="post_actual", subject=entry, by=by, detail=detail)
    return entry


def _sides(
    entry: JournalEntry, draft: SideDraft, document: Document, effects: Effects, variance_minor: int = 0
) -> list[LedgerEntry]:
    """The rows of one side: what relieves an order, what goes beyond it, and what the exchange rate changed.

    What had changed between budget and order names the order, with which it is relieved; the other variance is since.
    """
    relieved = budgeted = excess = 0
    if draft.commitment and draft.line:
        unsaved_minor = effects.expensed[draft.commitment.pk]
        relief = relieve(draft.commitment, document, unsaved_minor, line=draft.line, at=entry.posted_at)
        effects.expensed[draft.commitment.pk] += relief.budgeted_minor
        relieved, budgeted, excess = relief.relieved_minor, relief.budgeted_minor, relief.excess_minor
        variance = relief.variance_minor
    else:
        budgeted_minor = document.budgeted_minor
        variance = variance_minor if budgeted_minor is None else draft.amount_minor - budgeted_minor
    beyond = draft.amount_minor - relieved - variance
    if draft.line:
        effects.spend(draft.line.pk, entry.effective_on, draft.amount_minor, relieved=relieved, excess=excess)
    parts = [
        (draft.account, budgeted, draft.commitment),
        (Account.FX_VARIANCE, relieved - budgeted, draft.commitment),
        (draft.account, beyond, None),
        (Account.FX_VARIANCE, variance, None),
    ]
    rows = [
        LedgerEntry(
            journal_entry=entry,
            account=account,
            line=draft.line,
            commitment=order,
            cost_centre=draft.cost_centre,
            station=draft.station,
            amount_minor=minor,
        )
        for account, minor, order in parts
        if minor
    ]
    return rows or [_empty_side(entry, draft)]


def _empty_side(entry: JournalEntry, draft: SideDraft) -> LedgerEntry:
    """A side of zero is a fact as well, such as a free sample."""
    return LedgerEntry(
        journal_entry=entry,
        account=draft.account,
        line=draft.line,
        cost_centre=draft.cost_centre,
        station=draft.station,
        amount_minor=0,
    )


@once_more
@transaction.atomic
def post_batch(*, source: str, entries: Sequence[EntryDraft], at: datetime, by: User | None) -> list[JournalEntry]:
    """Post all entries or none. Faults are named by the index of their entry: `entries.3`. Again it is the same."""
    hold_lines(side.line.pk for draft in entries for side in draft.sides if side.line)
    if before := batch_before(source, entries):
        return before
    demand_postable(source, entries, at=at, by=by)
    posted = JournalEntry.objects.bulk_create(
        JournalEntry(
            kind=draft.kind,
            posted_at=at,
            effective_on=draft.effective_on,
            currency=draft.currency,
            memo=draft.memo,
            source=source,
            external_id=draft.external_id,
            transaction_currency=draft.transaction_currency,
            transaction_minor=draft.transaction_minor,
            posted_by=by,
        )
        for draft in entries
    )
    effects = Effects()
    LedgerEntry.objects.bulk_create(
        row
        for index, (entry, draft) in enumerate(zip(posted, entries, strict=True))
        for row in _sides_of_draft(index, entry, draft, effects)
    )
    effects.keep(at)
    record_audit(
        verb="post_batch",
        subject=posted[0],
        by=by,
        detail={"source": source, "entries": len(posted), "first": posted[0].pk, "last": posted[-1].pk},
    )
    return posted


def _sides_of_draft(index: int, entry: JournalEntry, draft: EntryDraft, effects: Effects) -> Iterable[LedgerEntry]:
    try:
        return [row for side in draft.sides for row in _sides(entry, side, Document(side.amount_minor), effects)]
    except ValidationError as fault:
        raise ValidationError({f"entries.{index}": fault}) from None


@transaction.atomic
def reverse_entry(*, entry: JournalEntry, memo: str, effective_on: date, at: datetime, by: User | None) -> JournalEntry:
    """Post the mirror of an entry, so that it counts for nothing; the original and its period stay as they were.

    What the entry had relieved of a commitment is owed again, unless the order was cancelled.
    """
    hold_lines(entry.entries.exclude(line=None).values_list("line", flat=True))
    demand_open(effective_on, at=at, by=by)
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
    if effective_on < entry.effective_on:
        raise ValidationError(
            _("“%(entry)s” counts from %(day)s on. Reverse it on that day or later."),
            code="before_its_entry",
            params={"entry": entry.memo, "day": entry.effective_on.isoformat()},
        )
    mirror = JournalEntry.objects.create(
        posted_at=at,
        effective_on=effective_on,
        currency=entry.currency,
        memo=memo,
        source="reversal",
        external_id=str(entry.pk),
        kind=JournalEntry.Kind.REVERSAL,
        transaction_currency=entry.transaction_currency,
        transaction_minor=None if entry.transaction_minor is None else -entry.transaction_minor,
        exchange_rate_id=entry.exchange_rate_id,
        budget_rate_id=entry.budget_rate_id,
        posted_by=by,
        rate_card_id=entry.rate_card_id,
        reverses=entry,
    )
    originals = list(entry.entries.order_by("pk"))
    LedgerEntry.objects.bulk_create(_mirrored(side, mirror) for side in originals)
    effects, relieved = Effects(), Counter[tuple[int, int]]()
    for side in originals:
        if side.line_id is not None:
            effects.spend(side.line_id, effective_on, -side.amount_minor)
            if side.commitment_id is not None:
                relieved[side.line_id, side.commitment_id] += side.amount_minor
    for (line_pk, order_pk), minor in relieved.items():
        effects.spend(line_pk, effective_on, 0, relieved=-reopen(order_pk, minor))
    effects.keep(at)
    record_audit(verb="reverse_entry", subject=mirror, by=by, detail={"reverses": entry.pk, "memo": memo})
    return mirror


def _mirrored(side: LedgerEntry, mirror: JournalEntry) -> LedgerEntry:
    return LedgerEntry(
        journal_entry=mirror,
        account=side.account,
        line_id=side.line_id,
        commitment_id=side.commitment_id,
        cost_centre_id=side.cost_centre_id,
        station=side.station,
        amount_minor=-side.amount_minor,
    )
