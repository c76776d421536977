"""Commit money to a supplier, and what relieves a commitment. Whatever is spoken for is counted once."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import BudgetLine, Commitment, LedgerEntry, Reservation
from finance.services.budget import over_budget
from finance.services.crossing import announce_crossing
from finance.services.exchange import Document, at_rate, read_document
from finance.services.locks import hold_lines
from finance.services.repeat import made_before, once_more
from people.models import User
from people.services import record_audit
from projects.models import Project
from projects.services.running import demand_running

Status = Commitment.Status


@dataclass(frozen=True)
class Relief:
    """How an actual meets its commitment: what it relieves, what goes beyond it, and what the exchange rate changed.

    `budgeted_minor` is what it relieves by the rate of the budget: the rest of that had changed before the order.
    """

    relieved_minor: int
    budgeted_minor: int
    excess_minor: int
    variance_minor: int


@once_more
@transaction.atomic
def commit(
    *,
    line: BudgetLine,
    amount_minor: int | None,
    supplier: str,
    memo: str,
    source: str,
    external_id: str,
    at: datetime,
    by: User | None,
    reservation: Reservation | None = None,
    transaction_currency: str = "",
    transaction_minor: int | None = None,
    is_cancellable: bool = True,
) -> Commitment:
    """Commit money of a line, or refuse with every figure when the line stops. A reservation is relieved by it.

    The same order of a source again is the one that there is. Nothing is ordered for a project that has ended.

    A foreign order is held at the spot rate of the day; its amount in the currency of the budget is left out (None).
    What it costs by the budget rate of the day is kept beside it.
    """
    hold_lines([line.pk])
    sums: dict[str, object] = {"transaction_currency": transaction_currency, "transaction_minor": transaction_minor}
    if transaction_currency in {"", line.budget.currency}:
        sums = {"transaction_currency": "", "amount_minor": transaction_minor}
    if amount_minor is not None:
        sums["amount_minor"] = amount_minor
    before = made_before(
        Commitment,
        source,
        external_id,
        code="already_committed",
        line_id=line.pk,
        reservation_id=reservation and reservation.pk,
        supplier=supplier,
        memo=memo,
        is_cancellable=is_cancellable,
        **sums,
    )
    if before:
        return before
    demand_running(line.budget.project_id)
    document = read_document(
        amount_minor=amount_minor,
        currency=line.budget.currency,
        transaction_currency=transaction_currency,
        transaction_minor=transaction_minor,
        on=timezone.localdate(at),
    )
    commitment = Commitment(
        line=line,
        reservation=reservation,
        supplier=supplier,
        memo=memo,
        amount_minor=document.amount_minor,
        open_minor=document.amount_minor,
        budgeted_minor=document.budgeted_minor,
        is_cancellable=is_cancellable,
        source=source,
        external_id=external_id,
        created_at=at,
        **document.columns,
    )
    commitment.full_clean(exclude={"transaction_minor", "exchange_rate", "budget_rate", "ended_at"})
    if document.amount_minor <= 0:
        raise ValidationError(_("Commit an amount above zero."), code="not_positive")
    held_minor = _relieve_reservation(reservation, line, at) if reservation else 0
    _take(line, document.amount_minor, held_minor)
    commitment.save()
    announce_crossing(line.pk, document.amount_minor, at)
    detail = {"line": line.pk, "amount_minor": document.amount_minor, "reserved_minor": held_minor}
    record_audit(verb="commit", subject=commitment, by=by, detail=detail)
    return commitment


def _relieve_reservation(reservation: Reservation, line: BudgetLine, at: datetime) -> int:
    """End the reservation that becomes an order; the line gives its money back in the UPDATE that takes the order's."""
    held = Reservation.objects.get(pk=reservation.pk)
    if held.line_id != line.pk:
        raise ValidationError(_("The reservation is on another line. Commit on that line."), code="other_line")
    if hasattr(held, "job"):
        raise ValidationError(
            _("A job holds this reservation and will spend it. Commit without it."), code="held_by_job"
        )
    if held.status != Reservation.Status.OPEN:
        raise ValidationError(
            _("The reservation %(reference)s has ended. Commit without it."),
            code="reservation_ended",
            params={"reference": held.reference},
        )
    Reservation.objects.filter(pk=held.pk).update(status=Reservation.Status.RELIEVED, ended_at=at)
    return held.amount_minor


def _take(line: BudgetLine, amount_minor: int, held_minor: int) -> None:
    """Commit on a line in one conditional UPDATE that gives back what was reserved for it."""
    more = amount_minor - held_minor
    taken = BudgetLine.objects.with_available().filter(pk=line.pk)
    if more > 0:
        taken = taken.filter(Q(available__gte=more) | ~Q(policy=BudgetLine.Policy.STOP))
    if not taken.update(
        committed_minor=F("committed_minor") + amount_minor, reserved_minor=F("reserved_minor") - held_minor
    ):
        line.refresh_from_db()
        raise over_budget(line, more)


@transaction.atomic
def cancel_commitment(*, commitment: Commitment, at: datetime, by: User | None) -> Commitment:
    """Cancel an order: what is still open of it goes back to the line, what was invoiced stays spent."""
    hold_lines([commitment.line_id])
    held = Commitment.objects.get(pk=commitment.pk)
    if held.status != Status.OPEN:
        raise ValidationError(
            _("“%(order)s” has ended already: %(status)s."),
            code="commitment_ended",
            params={"order": held, "status": held.get_status_display().lower()},
        )
    if not held.is_cancellable:
        raise ValidationError(
            _("“%(order)s” may not be cancelled by its terms. Agree with the supplier first."),
            code="not_cancellable",
            params={"order": held},
        )
    Commitment.objects.filter(pk=held.pk).update(status=Status.CANCELLED, open_minor=0, ended_at=at)
    BudgetLine.objects.filter(pk=held.line_id).update(committed_minor=F("committed_minor") - held.open_minor)
    commitment.refresh_from_db()
    record_audit(verb="cancel_commitment", subject=commitment, by=by, detail={"given_back_minor": held.open_minor})
    return commitment


def relieve(
    commitment: Commitment, document: Document, unsaved_minor: int, *, line: BudgetLine, at: datetime
) -> Relief:
    """Take an actual off its commitment; the poster holds the line, and its sums are his to keep.

    `unsaved_minor` is what entries of the same batch, whose rows come later, have expensed of the order already.
    """
    held = Commitment.objects.select_related("exchange_rate").get(pk=commitment.pk)
    if held.line_id != line.pk:
        raise ValidationError(_("“%(order)s” is on another line."), code="other_line", params={"order": held})
    if held.status == Status.CANCELLED:
        raise ValidationError(
            _("“%(order)s” was cancelled. Post the actual without it."),
            code="commitment_ended",
            params={"order": held},
        )
    if min(document.amount_minor, document.minor or 0) < 0:
        raise ValidationError(
            _("A credit relieves no order. Reverse the invoice that it corrects, or post it without the order."),
            code="credit_on_commitment",
        )
    expense = _at_ordered_rate(held, document)
    relieved = min(expense, held.open_minor)
    budgeted = _at_budget_rate(held, relieved, unsaved_minor)
    _set_open(held, held.open_minor - relieved, at)
    return Relief(relieved, budgeted, expense - relieved, document.amount_minor - expense)


def _at_ordered_rate(held: Commitment, document: Document) -> int:
    """The actual at the rate of the order. Each conversion rounds: the last one takes what the others left over."""
    if held.exchange_rate is None or document.currency != held.transaction_currency:
        return document.amount_minor
    expense = at_rate(document.minor or 0, held.exchange_rate)
    roundings = held.ledger_entries.values("journal_entry").distinct().count() // 2 + 1
    return held.open_minor if abs(expense - held.open_minor) <= roundings else expense


def _at_budget_rate(held: Commitment, relieved: int, unsaved_minor: int) -> int:
    """The same share of what is left of the order at the budget rate: the last relief takes all of it."""
    if held.budgeted_minor is None or not relieved:
        return relieved
    posted = held.ledger_entries.filter(account=LedgerEntry.Account.EXPENSE)
    left = held.budgeted_minor - posted.aggregate(minor=Sum("amount_minor", default=0))["minor"] - unsaved_minor
    return round(Fraction(left * relieved, held.open_minor))


def reopen(commitment_pk: int, relieved_minor: int) -> int:
    """Owe again what a reversed actual had relieved; a cancelled order stays cancelled. What is open again.

    A killed project owes nothing that can be cancelled, so its order is cancelled with that. The line is held by
    whoever reverses.
    """
    held = Commitment.objects.select_related("line__budget__project").get(pk=commitment_pk)
    if held.status == Status.CANCELLED:
        return 0
    if held.is_cancellable and held.line.budget.project.status == Project.Status.KILLED:
        Commitment.objects.filter(pk=held.pk, status=Status.RELIEVED).update(status=Status.CANCELLED)
        return 0
    Commitment.objects.filter(pk=held.pk).update(
        open_minor=held.open_minor + relieved_minor, status=Status.OPEN, ended_at=None
    )
    return relieved_minor


def _set_open(held: Commitment, open_minor: int, at: datetime) -> None:
    ended = {} if open_minor else {"status": Status.RELIEVED, "ended_at": held.ended_at or at}
    Commitment.objects.filter(pk=held.pk).update(open_minor=open_minor, **ended)
