"""Batches of journal entries: all or nothing, every fault named by the index of its entry."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.models import BudgetLine, JournalEntry, LedgerEntry, MonthSpend
from finance.services.commitment import commit
from finance.services.journal import EntryDraft, SideDraft, post_actual, post_batch
from finance.services.period import open_periods, set_period_status
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def people_line(budget):
    return budget.lines.get(category="people")


@pytest.fixture
def entry(compute_line):
    def draft(external_id="1", amount_minor=100, on=date(2026, 2, 3), line=None, **side):
        sides = [SideDraft("expense", amount_minor, line or compute_line, **side), SideDraft("clearing", -amount_minor)]
        return EntryDraft(external_id, on, "EUR", "Bill", "actual", sides)

    return draft


@pytest.fixture
def send(finance_user):
    return lambda *entries: post_batch(source="erp", entries=entries, at=NOW, by=finance_user)


def faults(send, *entries):
    """Codes by place, and nothing of it is posted."""
    before = JournalEntry.objects.count()
    with pytest.raises(ValidationError) as refusal:
        send(*entries)
    assert JournalEntry.objects.count() == before
    return {place: [each.code for each in found] for place, found in refusal.value.error_dict.items()}


def test_a_batch_is_posted_as_a_whole_and_summed_by_line_and_month(
    send, entry, compute_line, people_line, finance_user
):
    posted = send(entry("1"), entry("2", 50, date(2026, 1, 5)), entry("3", -20), entry("4", 7, line=people_line))
    assert [each.external_id for each in posted] == ["1", "2", "3", "4"]
    spent = dict(BudgetLine.objects.values_list("category", "spent_minor"))
    assert spent == {"compute": 130, "people": 7}
    months = MonthSpend.objects.order_by("line__category", "month").values_list("month", "amount_minor")
    assert list(months) == [(date(2026, 1, 1), 50), (date(2026, 2, 1), 80), (date(2026, 2, 1), 7)]
    assert AuditEntry.objects.get(verb="post_batch").detail["entries"] == 4


def test_a_batch_refuses_all_for_the_fault_of_one_and_names_every_fault(send, entry, budget, finance_user):
    good = entry("good")
    bad = [
        replace(entry("1"), sides=[*entry().sides, SideDraft("clearing", 1)]),
        replace(entry("2"), currency="USD"),
        replace(entry("3"), kind="reversal"),
        replace(entry("4"), memo=""),
        replace(entry("5"), sides=[SideDraft("expense", 5), SideDraft("clearing", -5)]),
        replace(entry("6"), sides=[]),
        entry("twice"),
        entry("twice"),
        entry("9", station="regatta"),
        replace(entry("10"), sides=[SideDraft("assets", 5), SideDraft("clearing", -5)]),
        entry("11", 10**16),
    ]
    assert faults(send, good, *bad) == {
        "entries.1": ["unbalanced"],
        "entries.2": ["wrong_currency"],
        "entries.3": ["bad_kind"],
        "entries.4": ["bad_length"],
        "entries.5": ["bad_account"],
        "entries.6": ["unbalanced"],
        "entries.7": ["duplicate"],
        "entries.8": ["duplicate"],
        "entries.9": ["invalid_choice"],
        "entries.10": ["bad_account"],
        "entries.11": ["out_of_range", "out_of_range"],
    }


def test_a_batch_posts_nothing_twice(send, entry, compute_line):
    send(entry("1"))
    assert faults(send, entry("2"), entry("1")) == {"entries.1": ["already_posted"]}
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 100


def test_the_same_batch_again_is_answered_with_what_it_made(send, entry, compute_line, finance_user):
    order = commit(line=compute_line, amount_minor=30, supplier="x", memo="x", source="erp", external_id="1", at=NOW,
                   by=finance_user)  # fmt: skip
    drafts = [entry("1"), entry("2", 50, commitment=order), entry("3", -20)]
    posted = send(*drafts)
    assert send(*drafts) == posted
    assert faults(send, *drafts[:2], entry("3", -21)) == {f"entries.{each}": ["already_posted"] for each in range(3)}
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 130


def test_a_batch_refuses_a_closed_period(send, entry, finance_user):
    january, _february = open_periods(first=date(2026, 1, 1), months=2, by=finance_user)
    set_period_status(period=january, status="closed", at=NOW, by=finance_user)
    closed = entry("1", on=date(2026, 1, 31))
    assert faults(send, entry("2"), closed, entry("3", on=date(2025, 12, 31))) == {
        "entries.1": ["period_closed"],
        "entries.2": ["before_the_books"],
    }


def test_an_empty_batch_is_refused(send):
    with pytest.raises(ValidationError) as refusal:
        send()
    assert refusal.value.code == "empty_batch"


def test_sides_of_a_batch_relieve_orders_in_turn(send, entry, compute_line, finance_user):
    order = commit(line=compute_line, amount_minor=150, supplier="x", memo="x", source="erp", external_id="1", at=NOW,
                   by=finance_user)  # fmt: skip
    send(entry("1", commitment=order), entry("2", commitment=order))
    order.refresh_from_db()
    compute_line.refresh_from_db()
    assert (order.status, compute_line.committed_minor, compute_line.spent_minor) == ("relieved", 0, 200)
    relieving = LedgerEntry.objects.filter(commitment=order).values_list("amount_minor", flat=True)
    assert sorted(relieving) == [50, 100]


def test_a_fault_against_an_order_names_its_entry(send, entry, people_line, finance_user):
    order = commit(line=people_line, amount_minor=150, supplier="x", memo="x", source="erp", external_id="1", at=NOW,
                   by=finance_user)  # fmt: skip
    assert faults(send, entry("1"), entry("2", commitment=order)) == {"entries.1": ["other_line"]}


def test_a_batch_asks_as_often_for_five_entries_as_for_fifty(send, entry):
    def queries(count, first):
        with CaptureQueriesContext(connection) as asked:
            send(*[entry(str(first + number)) for number in range(count)])
        return len(asked)

    assert queries(5, 0) == queries(50, 100)


def test_posting_one_by_one_and_as_a_batch_give_the_same_sums(send, entry, compute_line, finance_user):
    send(entry("1"), entry("2"))
    for number in (3, 4):
        post_actual(line=compute_line, amount_minor=100, memo="x", source="erp", external_id=str(number), at=NOW,
                    effective_on=date(2026, 2, 3), by=finance_user)  # fmt: skip
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == MonthSpend.objects.get().amount_minor == 400
