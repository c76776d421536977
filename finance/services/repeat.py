"""The same document sent again took effect once: whoever asks again is given what it made, anything else is refused.

A source has each number once, for ever. That two send it at the same moment is noticed by the database alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.utils.translation import gettext as _

from finance.models import BudgetLine, Commitment, CostCentre, JournalEntry, LedgerEntry
from finance.services.draft import EntryDraft

Given = ParamSpec("Given")
Made = TypeVar("Made")
Row = TypeVar("Row", bound=Model)
Account = LedgerEntry.Account


def once_more(verb: Callable[Given, Made]) -> Callable[Given, Made]:
    """Do an atomic verb again when another transaction took its number first: by now what that one made is there."""

    @wraps(verb)
    def act(*given: Given.args, **named: Given.kwargs) -> Made:
        try:
            return verb(*given, **named)
        except IntegrityError:
            return verb(*given, **named)

    return act


def made_before(model: type[Row], source: str, external_id: str, *, code: str, **facts: object) -> Row | None:
    """The row of that number when it says the same, None when there is none yet."""
    row = model._default_manager.filter(source=source, external_id=external_id).first()
    if row is not None and any(getattr(row, name) != fact for name, fact in facts.items()):
        raise number_taken(source, external_id, code)
    return row


def number_taken(source: str, external_id: str, code: str) -> ValidationError:
    return ValidationError(
        _("%(source)s has already sent %(id)s, and it said something else. Send a new document under a new number."),
        code=code,
        params={"source": source, "id": external_id},
    )


def actual_before(
    source: str,
    external_id: str,
    *,
    line: BudgetLine,
    amount_minor: int | None,
    transaction_currency: str,
    transaction_minor: int | None,
    commitment: Commitment | None,
    cost_centre: CostCentre | None,
    station: str,
    **facts: object,
) -> JournalEntry | None:
    """The entry that the same actual made. A foreign one is the same by what stands on it, whatever its rate is now."""
    own = line.budget.currency
    is_foreign = transaction_currency not in {"", own}
    facts |= {
        "currency": own,
        "transaction_currency": transaction_currency if is_foreign else "",
        "transaction_minor": transaction_minor if is_foreign else None,
    }
    entry = made_before(JournalEntry, source, external_id, code="already_posted", **facts)
    if entry is None:
        return None
    sides = list(entry.entries.exclude(account=Account.CLEARING))
    asked = transaction_minor if amount_minor is None and not is_foreign else amount_minor
    is_same = (
        asked in {None, sum(side.amount_minor for side in sides)}
        and {(side.line_id, side.cost_centre_id, side.station) for side in sides}
        == {(line.pk, cost_centre and cost_centre.pk, station)}
        and {side.commitment_id for side in sides} <= {None, commitment and commitment.pk}
    )
    if not is_same:
        raise number_taken(source, external_id, "already_posted")
    return entry


def batch_before(source: str, drafts: Sequence[EntryDraft]) -> list[JournalEntry] | None:
    """The entries that the same batch made, in its order; None unless all of them are there and say the same."""
    rows = JournalEntry.objects.filter(source=source, external_id__in=[draft.external_id for draft in drafts])
    known = {entry.external_id: entry for entry in rows.prefetch_related("entries")}
    if not drafts or len(known) != len(drafts) or not all(_says(known, draft) for draft in drafts):
        return None
    return [known[draft.external_id] for draft in drafts]


def _says(known: dict[str, JournalEntry], draft: EntryDraft) -> bool:
    entry = known.get(draft.external_id)
    if entry is None:
        return False
    names = ("kind", "effective_on", "currency", "memo", "transaction_currency", "transaction_minor")
    if any(getattr(entry, name) != getattr(draft, name) for name in names):
        return False
    kept: Counter[tuple[object, ...]] = Counter()
    sent: Counter[tuple[object, ...]] = Counter()
    for row in entry.entries.all():
        account = Account.EXPENSE if row.commitment_id else row.account  # an order splits its expense by rates
        kept[account, row.line_id, row.cost_centre_id, row.station] += row.amount_minor
    for side in draft.sides:
        where = (side.account, side.line and side.line.pk, side.cost_centre and side.cost_centre.pk, side.station)
        sent[where] += side.amount_minor
    orders = {side.commitment.pk for side in draft.sides if side.commitment}
    return dict(kept) == dict(sent) and {row.commitment_id for row in entry.entries.all()} <= {None, *orders}
