"""Budgets: a reservation is refused with every figure, and ends exactly once."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from finance.models import BudgetLine, Reservation
from finance.services.budget import approve_budget, end_reservation, reserve
from finance.services.journal import post_actual
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hold(line, amount_minor, by, reference="job:1"):
    return reserve(line=line, amount_minor=amount_minor, reference=reference, at=NOW, by=by)


def test_a_reservation_takes_from_what_is_available(compute_line, engineer):
    hold(compute_line, 20_000, engineer)
    compute_line.refresh_from_db()
    assert (compute_line.reserved_minor, compute_line.available_minor) == (20_000, 30_000)
    assert AuditEntry.objects.filter(verb="reserve", actor=engineer).count() == 1


def test_the_last_cent_can_be_reserved_and_not_one_more(compute_line, engineer):
    hold(compute_line, 50_000, engineer)
    with pytest.raises(ValidationError) as refusal:
        hold(compute_line, 1, engineer, "job:2")
    assert refusal.value.code == "over_budget"


def test_over_budget_names_plan_reservations_actuals_and_shortfall(compute_line, engineer, finance_user):
    hold(compute_line, 20_000, engineer)
    post_actual(line=compute_line, amount_minor=25_000, memo="Old bill", source="test", external_id="1",
                effective_on=date(2026, 2, 1), at=NOW, by=finance_user)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        hold(compute_line, 7_500, engineer, "job:2")
    message = refusal.value.messages[0]
    assert "EUR 25.00" in message
    for figure in ("planned 500.00", "reserved 200.00", "spent 250.00", "asked 75.00"):
        assert figure in message
    assert not Reservation.objects.filter(reference="job:2").exists()


def test_one_reference_reserves_once(compute_line, engineer):
    hold(compute_line, 100, engineer)
    with pytest.raises(IntegrityError):
        hold(compute_line, 100, engineer)


@pytest.mark.parametrize("status", [Reservation.Status.RELEASED, Reservation.Status.RELIEVED])
def test_a_reservation_ends_once_and_gives_back_once(compute_line, engineer, status):
    reservation = hold(compute_line, 20_000, engineer)
    assert end_reservation(reservation=reservation, status=status, at=NOW) is True
    assert end_reservation(reservation=reservation, status=status, at=NOW) is False
    compute_line.refresh_from_db()
    reservation.refresh_from_db()
    assert compute_line.reserved_minor == 0
    assert (reservation.status, reservation.ended_at) == (status, NOW)


def test_a_negative_reservation_is_refused_by_the_database(compute_line, engineer):
    with pytest.raises(IntegrityError):
        hold(compute_line, -1, engineer)


def test_a_budget_with_an_unknown_category_is_refused_as_a_whole(project, manager):
    with pytest.raises(ValidationError):
        approve_budget(project=project, name="2026", currency="EUR", lines={"people": 100, "yachts": 100},
                       on=date(2026, 1, 5), by=manager)  # fmt: skip
    assert not BudgetLine.objects.exists()


def test_a_plan_below_zero_is_refused(project, manager):
    with pytest.raises(ValidationError):
        approve_budget(
            project=project, name="2026", currency="EUR", lines={"people": -1}, on=date(2026, 1, 5), by=manager
        )


def test_what_a_line_has_left_is_defined_once(compute_line, engineer):
    hold(compute_line, 12_345, engineer)
    annotated = BudgetLine.objects.with_available().get(pk=compute_line.pk)
    assert annotated.available == annotated.available_minor == 37_655


def test_a_stranger_sees_no_budget(budget, compute_line, engineer, stranger, finance_user):
    assert BudgetLine.objects.visible_to(engineer).count() == 2
    assert BudgetLine.objects.visible_to(finance_user).count() == 2
    assert not BudgetLine.objects.visible_to(stranger).exists()
