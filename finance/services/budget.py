"""Approve budgets and reserve against them: the reservation is one conditional UPDATE, so two can never both win."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine, Reservation
from finance.money import to_decimal
from people.models import User
from people.services import record_audit
from projects.models import Project


@transaction.atomic
def approve_budget(*, project: Project, name: str, currency: str, lines: dict[str, int], on: date, by: User) -> Budget:
    """Approve a budget of planned minor units by category."""
    budget = Budget(project=project, name=name, currency=currency, approved_by=by, approved_on=on)
    budget.full_clean()
    budget.save()
    for category, planned_minor in lines.items():
        line = BudgetLine(budget=budget, category=category, planned_minor=planned_minor)
        line.full_clean()
        line.save()
    record_audit(verb="approve_budget", subject=budget, by=by, detail={"project": project.key, "lines": lines})
    return budget


@transaction.atomic
def reserve(*, line: BudgetLine, amount_minor: int, reference: str, at: datetime, by: User) -> Reservation:
    """Reserve money on a line, or refuse with plan, reservations, actuals and the shortfall."""
    taken = (
        BudgetLine.objects.with_available()
        .filter(pk=line.pk, available__gte=amount_minor)
        .update(reserved_minor=F("reserved_minor") + amount_minor)
    )
    if not taken:
        line.refresh_from_db()
        raise over_budget(line, amount_minor)
    reservation = Reservation.objects.create(line=line, amount_minor=amount_minor, reference=reference, created_at=at)
    record_audit(verb="reserve", subject=reservation, by=by, detail={"line": line.pk, "amount_minor": amount_minor})
    return reservation


def over_budget(line: BudgetLine, amount_minor: int) -> ValidationError:
    """The refusal, with every figure that leads to it."""
    currency = line.budget.currency
    figures = {
        "line": str(line),
        "currency": currency,
        "asked": to_decimal(amount_minor, currency),
        "planned": to_decimal(line.planned_minor, currency),
        "reserved": to_decimal(line.reserved_minor, currency),
        "spent": to_decimal(line.spent_minor, currency),
        "short": to_decimal(amount_minor - line.available_minor, currency),
    }
    return ValidationError(
        _(
            "Over budget by %(currency)s %(short)s on %(line)s: planned %(planned)s, reserved %(reserved)s, "
            "spent %(spent)s, asked %(asked)s. Make the job smaller, wait for a reservation to end, "
            "or have the line raised."
        ),
        code="over_budget",
        params=figures,
    )


@transaction.atomic
def end_reservation(*, reservation: Reservation, status: Reservation.Status, at: datetime) -> bool:
    """End a reservation once and give its money back to the line; False when it had already ended."""
    ended = Reservation.objects.filter(pk=reservation.pk, status=Reservation.Status.OPEN).update(
        status=status, ended_at=at
    )
    if ended:
        BudgetLine.objects.filter(pk=reservation.line_id).update(
            reserved_minor=F("reserved_minor") - reservation.amount_minor
        )
    return bool(ended)
