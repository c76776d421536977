"""Drafts of journal entries, as another system sends them, and everything that can be wrong with one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from finance.models import BudgetLine, Commitment, CostCentre, JournalEntry, LedgerEntry
from finance.money import GREATEST_MINOR, to_decimal
from finance.services.period import demand_valid, refused_days
from people.models import User
from projects.models import Station

Account = LedgerEntry.Account
KINDS = {JournalEntry.Kind.ACTUAL, JournalEntry.Kind.ACCRUAL, JournalEntry.Kind.ADJUSTMENT}


@dataclass(frozen=True)
class SideDraft:
    """One side: debit positive, credit negative. An expense names its line, and the order that it relieves."""

    account: str
    amount_minor: int
    line: BudgetLine | None = None
    cost_centre: CostCentre | None = None
    station: str = ""
    commitment: Commitment | None = None


@dataclass(frozen=True)
class EntryDraft:
    """One business fact: its sides are in one currency and sum to zero."""

    external_id: str
    effective_on: date
    currency: str
    memo: str
    kind: str
    sides: Sequence[SideDraft]
    transaction_currency: str = ""
    transaction_minor: int | None = None


@dataclass(frozen=True)
class Known:
    """What the drafts of one batch are checked against, read at once."""

    currencies: dict[int, str]
    posted: set[str]
    sent: Counter[str]
    refused: dict[date, ValidationError]


def demand_postable(source: str, entries: Sequence[EntryDraft], *, at: datetime, by: User | None) -> None:
    """Refuse a batch with every fault of every entry, by the index of the entry."""
    if not entries:
        raise ValidationError(_("A batch needs one entry at least."), code="empty_batch")
    known = _known(source, entries, at, by)
    faults = {f"entries.{index}": list(_faults(entry, source, known)) for index, entry in enumerate(entries)}
    if found := {name: each for name, each in faults.items() if each}:
        raise ValidationError(found)


def _known(source: str, entries: Sequence[EntryDraft], at: datetime, by: User | None) -> Known:
    lines = {side.line.pk for entry in entries for side in entry.sides if side.line}
    ids = [entry.external_id for entry in entries]
    return Known(
        dict(BudgetLine.objects.filter(pk__in=lines).values_list("pk", "budget__currency")),
        set(JournalEntry.objects.filter(source=source, external_id__in=ids).values_list("external_id", flat=True)),
        Counter(ids),
        refused_days((entry.effective_on for entry in entries), at=at, by=by),
    )


def _faults(entry: EntryDraft, source: str, known: Known) -> list[ValidationError]:
    faults = [*_faults_of_head(entry, source, known)]
    for side in entry.sides:
        faults += _faults_of_side(side, entry, known)
    total = sum(side.amount_minor for side in entry.sides)
    if total or len(entry.sides) < 2:
        faults.append(
            _fault(
                "unbalanced",
                _("Its sides come to %(currency)s %(total)s. They must be two at least and sum to zero."),
                currency=entry.currency,
                total=to_decimal(total, entry.currency),
            )
        )
    return faults


def _faults_of_head(entry: EntryDraft, source: str, known: Known) -> list[ValidationError]:
    faults = []
    if entry.external_id in known.posted:
        faults.append(
            _fault("already_posted", _("%(source)s has already posted %(id)s."), source=source, id=entry.external_id)
        )
    if known.sent[entry.external_id] > 1:
        faults.append(_fault("duplicate", _("%(id)s is in the batch more than once."), id=entry.external_id))
    if entry.effective_on in known.refused:
        faults.append(known.refused[entry.effective_on])
    if entry.kind not in KINDS:
        faults.append(_fault("bad_kind", _("Post an actual, an accrual or an adjustment; reverse an entry by itself.")))
    if not (0 < len(entry.memo) <= 200 and 0 < len(entry.external_id) <= 80 and 0 < len(source) <= 40):
        faults.append(
            _fault("bad_length", _("Source, number and memo have 40, 80 and 200 characters at most, and one at least."))
        )
    return faults


def _faults_of_side(side: SideDraft, entry: EntryDraft, known: Known) -> list[ValidationError]:
    faults = []
    if side.account not in Account.values or (side.account == Account.CLEARING) != (side.line is None):
        faults.append(_fault("bad_account", _("An expense and a variance name their line, clearing names none.")))
    if side.line and known.currencies.get(side.line.pk) != entry.currency:
        faults.append(_fault("wrong_currency", _("The budget of %(line)s is in another currency."), line=side.line))
    if abs(side.amount_minor) > GREATEST_MINOR:
        faults.append(_fault("out_of_range", _("An amount is below all the money there is.")))
    if side.station and side.station not in Station.values:
        faults.append(_fault("invalid_choice", _("There is no stage %(station)s."), station=side.station))
    if side.commitment and side.account != Account.EXPENSE:
        faults.append(_fault("bad_account", _("Only an expense relieves an order.")))
    try:
        demand_valid(side.cost_centre, entry.effective_on, entry.effective_on)
    except ValidationError as fault:
        faults.append(fault)
    return faults


def _fault(code: str, text: str, **params: object) -> ValidationError:
    return ValidationError(text, code=code, params=params)
