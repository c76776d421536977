"""Money under many hands at once, on either database: each test has threads with connections of their own."""

from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from finance.models import BudgetLine, JournalEntry, LedgerEntry, Reservation
from finance.services.budget import end_reservation, reserve
from finance.services.journal import post_actual, reverse_entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_budget_for_a_hundred_admits_a_hundred_of_two_hundred_at_once(in_threads, compute_line, engineer):
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=100, released_minor=100)

    def ten(number):
        return [one(number * 10 + turn) for turn in range(10)]

    def one(number):
        try:
            return reserve(line=compute_line, amount_minor=1, reference=f"test:{number}", at=NOW, by=engineer)
        except ValidationError as refusal:
            return refusal.code

    outcomes = [outcome for some in in_threads(20, ten) for outcome in some]
    compute_line.refresh_from_db()
    assert (len(outcomes), outcomes.count("over_budget")) == (200, 100)
    assert (Reservation.objects.count(), compute_line.reserved_minor) == (100, 100)


def test_a_reservation_is_decided_by_one_conditional_update(compute_line, engineer):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        reserve(line=compute_line, amount_minor=1, reference="test:1", at=NOW, by=engineer)
    deciding = [each["sql"] for each in asked if each["sql"].startswith("UPDATE")]
    assert len(deciding) == 1
    assert "SELECT" not in deciding[0]  # a subquery would decide by rows that another has changed meanwhile


def test_one_charge_posted_by_ten_at_once_takes_effect_once(in_threads, compute_line, finance_user):
    outcomes = in_threads(
        10,
        lambda number: post_actual(
            line=compute_line, amount_minor=7, memo="x", source="job", external_id="same",
            effective_on=date(2026, 3, 1), at=NOW, by=finance_user,
        ),
    )  # fmt: skip
    compute_line.refresh_from_db()
    assert set(outcomes) == {JournalEntry.objects.get()}
    assert (compute_line.spent_minor, JournalEntry.objects.count()) == (7, 1)


def test_one_number_for_two_lines_at_once_is_posted_once_and_the_other_is_told(behind, budget, finance_user):
    def post_on(category):
        return post_actual(
            line=budget.lines.get(category=category), amount_minor=7, memo="x", source="erp", external_id="same",
            effective_on=date(2026, 3, 1), at=NOW, by=finance_user,
        )  # fmt: skip

    entry, refusal = behind(lambda: post_on("compute"), lambda: post_on("people"))
    assert (entry, refusal.code) == (JournalEntry.objects.get(), "already_posted")


def test_one_reservation_ended_by_ten_at_once_gives_back_once(in_threads, compute_line, engineer):
    held = [reserve(line=compute_line, amount_minor=5, reference=f"t:{each}", at=NOW, by=engineer) for each in (1, 2)]
    ends = in_threads(10, lambda number: end_reservation(reservation=held[0], status="released", at=NOW))
    compute_line.refresh_from_db()
    assert (sorted(ends), compute_line.reserved_minor) == ([False] * 9 + [True], 5)


def test_one_entry_reversed_by_ten_at_once_is_reversed_once(in_threads, compute_line, finance_user):
    entry = post_actual(line=compute_line, amount_minor=7, memo="x", source="erp", external_id="1",
                        effective_on=date(2026, 3, 1), at=NOW, by=finance_user)  # fmt: skip
    in_threads(
        10, lambda number: reverse_entry(entry=entry, memo="y", effective_on=date(2026, 3, 2), at=NOW, by=finance_user)
    )
    compute_line.refresh_from_db()
    assert (compute_line.spent_minor, JournalEntry.objects.count()) == (0, 2)
    assert LedgerEntry.objects.aggregate(total=Sum("amount_minor"))["total"] == 0
