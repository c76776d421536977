"""Approve budgets and reserve against them: the reservation is one conditional UPDATE, so two can never both win."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine, Reservation
from finance.money import to_decimal
from finance.services.locks import hold_lines
from people.models import User
from people.services import record_audit
from projects.models import Project
from projects.services.running import demand_running, hold_running


@transaction.atomic
def approve_budget(*, project: Project, name: str, currency: str, lines: dict[str, int], on: date, by: User) -> Budget:
    """Approve a budget of planned minor units by category."""
    hold_running(project.pk)
    budget = Budget(project=project, name=name, currency=currency, approved_by=by, approved_on=on)
    budget.full_clean()
    budget.save()
    for category, planned_minor in lines.items():
        line = BudgetLine(budget=budget, category=category, planned_minor=planned_minor, released_minor=planned_minor)
        line.full_clean()
        line.save()
    record_audit(verb="approve_budget", subject=budget, by=by, detail={"project": project.key, "lines": lines})
    return budget


@transaction.atomic
def reserve(*, line: BudgetLine, amount_minor: int, reference: str, at: datetime, by: User) -> Reservation:
    """Reserve money on a line, or refuse with plan, reservations, actuals and the shortfall when its policy is stop."""
    _take(line, amount_minor)
    demand_running(line.budget.project_id)  # whoever ends it holds the line, as this does since it took the money
    reservation = Reservation.objects.create(line=line, amount_minor=amount_minor, reference=reference, created_at=at)
    record_audit(verb="reserve", subject=reservation, by=by, detail={"line": line.pk, "amount_minor": amount_minor})
    return reservation


@transaction.atomic
def change_reservation(*, reservation: Reservation, amount_minor: int, by: User | None) -> None:
    """Make an open reservation larger or smaller; what it lacks comes from the line or is refused like a new one."""
    hold_lines([reservation.line_id])
    held = Reservation.objects.select_related("line__budget__project").get(pk=reservation.pk)
    more, reservation.amount_minor = amount_minor - held.amount_minor, held.amount_minor
    if not more or held.status != Reservation.Status.OPEN:
        return
    _take(held.line, more)
    Reservation.objects.filter(pk=held.pk).update(amount_minor=amount_minor)
    reservation.amount_minor = amount_minor
    record_audit(
        verb="change_reservation",
        subject=reservation,
        by=by,
        detail={"line": held.line_id, "from_minor": held.amount_minor, "to_minor": amount_minor},
    )


def _take(line: BudgetLine, amount_minor: int) -> None:
    """Hold money on a line in one conditional UPDATE; only a line that stops can say no."""
    taken = BudgetLine.objects.with_available().filter(pk=line.pk)
    if amount_minor > 0:
        taken = taken.filter(Q(available__gte=amount_minor) | ~Q(policy=BudgetLine.Policy.STOP))
    if not taken.update(reserved_minor=F("reserved_minor") + amount_minor):
        line.refresh_from_db()
        raise over_budget(line, amount_minor)


@transaction.atomic
def set_line_policy(*, line: BudgetLine, policy: str, by: User) -> BudgetLine:
    """Say what happens when a line is used up: stop, warn or ignore."""
    before, line.policy = line.policy, policy
    line.full_clean()
    line.save(update_fields=["policy"])
    record_audit(verb="set_line_policy", subject=line, by=by, detail={"from": before, "to": policy})
    return line


def over_budget(line: BudgetLine, amount_minor: int) -> ValidationError:
    """The refusal, with every figure that leads to it."""
    currency = line.budget.currency
    figures = {
        "line": str(line),
        "currency": currency,
        "asked": to_decimal(amount_minor, currency),
        "planned": to_decimal(line.planned_minor, currency),
        "released": to_decimal(line.released_minor, currency),
        "reserved": to_decimal(line.reserved_minor, currency),
        "committed": to_decimal(line.committed_minor, currency),
        "spent": to_decimal(line.spent_minor, currency),
        "short": to_decimal(amount_minor - line.available_minor, currency),
    }
    return ValidationError(
        _(
            "Over budget by %(currency)s %(short)s on %(line)s: planned %(planned)s, released %(released)s, "
            "reserved %(reserved)s, committed %(committed)s, spent %(spent)s, asked %(asked)s. Ask for less, "
            "wait for a reservation to end, or have the line raised or the next tranche released."
        ),
        code="over_budget",
        params=figures,
    )


@transaction.atomic
def end_reservation(*, reservation: Reservation, status: Reservation.Status, at: datetime) -> bool:
    """End a reservation once and give its money back to the line; False when it had already ended."""
    hold_lines([reservation.line_id])
    held = Reservation.objects.get(pk=reservation.pk)  # it may have grown since the caller read it
    ended = Reservation.objects.filter(pk=held.pk, status=Reservation.Status.OPEN).update(status=status, ended_at=at)
    if ended:
        BudgetLine.objects.filter(pk=held.line_id).update(reserved_minor=F("reserved_minor") - held.amount_minor)
    return bool(ended)
