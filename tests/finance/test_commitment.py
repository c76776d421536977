"""Commitments: each document relieves the one before, nothing is counted twice, a rate shows as its own line."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from finance.models import BudgetLine, LedgerEntry, MonthSpend, Reservation
from finance.services.budget import reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import convert, record_exchange_rate
from finance.services.journal import EntryDraft, SideDraft, post_actual, post_batch, reverse_entry
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 1)


@pytest.fixture
def order(compute_line, finance_user):
    def order_one(amount_minor=10_000, external_id="po-1", line=None, **more):
        return commit(line=line or compute_line, amount_minor=amount_minor, supplier="Example Cloud", memo="GPU hours",
                      source="erp", external_id=external_id, at=NOW, by=finance_user, **more)  # fmt: skip

    return order_one


@pytest.fixture
def invoice(compute_line, finance_user):
    def invoice_one(amount_minor, commitment=None, external_id="1", **more):
        return post_actual(line=compute_line, amount_minor=amount_minor, memo="Invoice", source="erp", at=NOW,
                           external_id=external_id, effective_on=TODAY, by=finance_user, commitment=commitment,
                           **more)  # fmt: skip

    return invoice_one


@pytest.fixture
def dollar(finance_user):
    def record(rate, on=TODAY, kind="spot"):
        return record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=on, rate=Decimal(rate),
                                    source="bank", at=NOW, by=finance_user)  # fmt: skip

    return record


def sums(line):
    """Reserved, committed, spent and available, as the row and as the database see it."""
    row = BudgetLine.objects.with_available().get(pk=line.pk)
    assert row.available == row.available_minor
    return row.reserved_minor, row.committed_minor, row.spent_minor, row.available_minor


def refused(code, act, *arguments, **named):
    with pytest.raises(ValidationError) as refusal:
        act(*arguments, **named)
    assert refusal.value.code == code
    return refusal.value.messages[0]


def test_an_order_takes_from_what_is_available_and_is_audited(order, compute_line):
    committed = order()
    assert sums(compute_line) == (0, 10_000, 0, 40_000)
    assert AuditEntry.objects.filter(verb="commit", subject_id=str(committed.pk)).count() == 1


def test_an_order_beyond_the_line_is_refused_with_every_figure(order, compute_line):
    order(45_000)
    text = refused("over_budget", order, 5_001, "po-2")
    assert "EUR 0.01" in text
    assert "committed 450.00" in text
    assert sums(compute_line) == (0, 45_000, 0, 5_000)


def test_an_order_relieves_its_reservation_so_that_it_is_counted_once(order, compute_line, engineer):
    held = reserve(line=compute_line, amount_minor=50_000, reference="plan:1", at=NOW, by=engineer)
    order(48_000, reservation=held)
    held.refresh_from_db()
    assert (held.status, sums(compute_line)) == (Reservation.Status.RELIEVED, (0, 48_000, 0, 2_000))


def test_an_order_dearer_than_its_reservation_takes_only_the_rest_from_the_line(order, compute_line, engineer):
    held = reserve(line=compute_line, amount_minor=49_000, reference="plan:1", at=NOW, by=engineer)
    refused("over_budget", order, 50_001, reservation=held)
    held.refresh_from_db()
    assert (held.status, sums(compute_line)) == (Reservation.Status.OPEN, (49_000, 0, 0, 1_000))
    order(50_000, reservation=held)
    assert sums(compute_line) == (0, 50_000, 0, 0)


def test_a_reservation_is_relieved_once_and_on_its_own_line(order, budget, compute_line, engineer):
    held = reserve(line=compute_line, amount_minor=100, reference="plan:1", at=NOW, by=engineer)
    refused("other_line", order, 100, line=budget.lines.get(category="people"), reservation=held)
    order(100, reservation=held)
    with pytest.raises(ValidationError):
        order(100, "po-2", reservation=held)
    assert sums(compute_line) == (0, 100, 0, 49_900)


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_an_order_is_above_zero(order, amount_minor):
    with pytest.raises(ValidationError):
        order(amount_minor)


def test_one_number_of_a_source_is_committed_once(order, compute_line):
    made = order()
    assert order() == made
    refused("already_committed", order, 9_000)
    assert sums(compute_line)[1] == 10_000


def test_a_partial_invoice_relieves_part_of_its_order(order, invoice, compute_line):
    committed = order()
    invoice(4_000, committed)
    committed.refresh_from_db()
    assert (committed.open_minor, committed.status) == (6_000, "open")
    assert sums(compute_line) == (0, 6_000, 4_000, 40_000)


def test_the_last_invoice_ends_the_order(order, invoice, compute_line):
    committed = order()
    invoice(4_000, committed)
    invoice(6_000, committed, "2")
    committed.refresh_from_db()
    assert (committed.open_minor, committed.status, committed.ended_at) == (0, "relieved", NOW)
    assert sums(compute_line) == (0, 0, 10_000, 40_000)


def test_what_an_invoice_exceeds_comes_from_available_as_the_policy_says(order, invoice, compute_line, manager):
    committed = order(49_000)
    refused("over_budget", invoice, 50_001, committed)
    committed.refresh_from_db()
    assert (committed.open_minor, sums(compute_line)) == (49_000, (0, 49_000, 0, 1_000))
    assert not LedgerEntry.objects.exists()
    invoice(50_000, committed)
    refused("over_budget", invoice, 1, committed, "2")
    set_line_policy(line=compute_line, policy="warn", by=manager)
    invoice(1, committed, "2")
    assert sums(compute_line) == (0, 0, 50_001, -1)


def test_cancelling_gives_the_open_part_back_once(order, invoice, compute_line, finance_user):
    committed = order()
    invoice(4_000, committed)
    cancel_commitment(commitment=committed, at=NOW, by=finance_user)
    assert (committed.status, committed.open_minor, committed.ended_at) == ("cancelled", 0, NOW)
    assert sums(compute_line) == (0, 0, 4_000, 46_000)
    refused("commitment_ended", cancel_commitment, commitment=committed, at=NOW, by=finance_user)
    refused("commitment_ended", invoice, 1, committed, "2")
    assert sums(compute_line) == (0, 0, 4_000, 46_000)


def test_an_order_that_binds_is_not_cancelled(order, compute_line, finance_user):
    committed = order(is_cancellable=False)
    refused("not_cancellable", cancel_commitment, commitment=committed, at=NOW, by=finance_user)
    assert sums(compute_line)[1] == 10_000


def test_a_reversed_invoice_is_owed_again(order, invoice, compute_line, finance_user):
    committed = order()
    entry = invoice(12_000, committed)
    reverse_entry(entry=entry, memo="Twice", effective_on=TODAY, at=NOW, by=finance_user)
    committed.refresh_from_db()
    assert (committed.open_minor, committed.status, committed.ended_at) == (10_000, "open", None)
    assert sums(compute_line) == (0, 10_000, 0, 40_000)


def test_a_reversed_invoice_of_a_cancelled_order_is_not_owed_again(order, invoice, compute_line, finance_user):
    committed = order()
    entry = invoice(4_000, committed)
    cancel_commitment(commitment=committed, at=NOW, by=finance_user)
    reverse_entry(entry=entry, memo="Twice", effective_on=TODAY, at=NOW, by=finance_user)
    assert sums(compute_line) == (0, 0, 0, 50_000)


def test_a_credit_counts_as_it_is_and_relieves_no_order(order, invoice, compute_line):
    committed = order()
    refused("credit_on_commitment", invoice, -500, committed)
    invoice(-500)
    assert sums(compute_line) == (0, 10_000, -500, 40_500)


def test_an_invoice_relieves_only_an_order_of_its_own_line(order, invoice, budget):
    people = order(line=budget.lines.get(category="people"))
    refused("other_line", invoice, 1, people)


def test_a_foreign_order_is_held_at_the_spot_rate_of_its_day(order, compute_line, dollar):
    dollar("0.9", date(2026, 2, 1))
    dollar("0.5", date(2026, 3, 2))  # of tomorrow
    dollar("0.7", kind="budget")
    committed = order(None, transaction_currency="USD", transaction_minor=10_000)
    assert (committed.amount_minor, committed.transaction_minor) == (9_000, 10_000)
    assert committed.exchange_rate.valid_on == date(2026, 2, 1)
    assert sums(compute_line) == (0, 9_000, 0, 41_000)


def test_the_rate_between_order_and_invoice_is_a_variance_of_its_own(
    order, invoice, compute_line, dollar, finance_user
):
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=10_000)
    later = dollar("0.95")
    entry = invoice(None, committed, transaction_currency="USD", transaction_minor=6_000)
    sides = sorted(entry.entries.values_list("account", "line", "commitment", "amount_minor"))
    assert sides == [
        ("clearing", None, None, -5_700),
        ("expense", compute_line.pk, committed.pk, 5_400),
        ("fx_variance", compute_line.pk, None, 300),
    ]
    assert (entry.currency, entry.transaction_currency, entry.transaction_minor) == ("EUR", "USD", 6_000)
    assert entry.exchange_rate == later
    assert sums(compute_line) == (0, 3_600, 5_700, 40_700)
    assert MonthSpend.objects.get(line=compute_line).amount_minor == 5_700
    mirror = reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOW, by=finance_user)
    assert (mirror.transaction_minor, mirror.exchange_rate) == (-6_000, later)
    assert sums(compute_line) == (0, 9_000, 0, 41_000)


def test_with_a_budget_rate_the_variance_until_the_order_stands_apart_from_that_since(
    order, invoice, compute_line, dollar, finance_user
):
    planned = dollar("0.8", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=10_000)
    assert (committed.amount_minor, committed.budgeted_minor, committed.budget_rate) == (9_000, 8_000, planned)
    assert sums(compute_line) == (0, 9_000, 0, 41_000)
    dollar("0.95")
    dollar("0.1", kind="budget")  # of the next plan: the order keeps its own
    entry = invoice(None, committed, transaction_currency="USD", transaction_minor=6_000)
    sides = entry.entries.order_by("pk").values_list("account", "line", "commitment", "amount_minor")
    assert list(sides) == [
        ("expense", compute_line.pk, committed.pk, 4_800),
        ("fx_variance", compute_line.pk, committed.pk, 600),
        ("fx_variance", compute_line.pk, None, 300),
        ("clearing", None, None, -5_700),
    ]
    assert entry.budget_rate == planned
    assert sums(compute_line) == (0, 3_600, 5_700, 40_700)
    mirror = reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOW, by=finance_user)
    assert mirror.budget_rate == planned
    assert sums(compute_line) == (0, 9_000, 0, 41_000)


def test_a_budget_rate_above_that_of_the_order_gives_back_and_the_reversed_invoice_is_owed_again(
    order, invoice, compute_line, dollar, finance_user
):
    dollar("1", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=10_000)
    entry = invoice(None, committed, transaction_currency="USD", transaction_minor=10_000)
    reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOW, by=finance_user)
    committed.refresh_from_db()
    assert (committed.open_minor, committed.status) == (9_000, "open")


def test_an_actual_without_an_order_is_expense_at_the_budget_rate(invoice, compute_line, dollar):
    dollar("0.8", kind="budget")
    dollar("0.95")
    entry = invoice(None, transaction_currency="USD", transaction_minor=1_000)
    sides = entry.entries.order_by("pk").values_list("account", "commitment", "amount_minor")
    assert list(sides) == [("expense", None, 800), ("fx_variance", None, 150), ("clearing", None, -950)]
    assert sums(compute_line) == (0, 0, 950, 49_050)


def test_what_goes_beyond_its_order_stays_at_the_rate_of_the_order(order, invoice, compute_line, dollar):
    dollar("0.8", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    entry = invoice(None, committed, transaction_currency="USD", transaction_minor=1_500)
    sides = entry.entries.order_by("pk").values_list("account", "commitment", "amount_minor")
    assert list(sides)[:3] == [
        ("expense", committed.pk, 800),
        ("fx_variance", committed.pk, 100),
        ("expense", None, 450),
    ]
    assert sums(compute_line) == (0, 0, 1_350, 48_650)


def test_an_invoice_in_the_currency_of_the_budget_relieves_its_share_at_the_budget_rate(order, invoice, dollar):
    dollar("0.8", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    entry = invoice(450, committed)
    sides = entry.entries.order_by("pk").values_list("account", "commitment", "amount_minor")
    assert list(sides)[:2] == [("expense", committed.pk, 400), ("fx_variance", committed.pk, 50)]


def test_invoices_of_one_batch_relieve_an_order_at_the_budget_rate_one_after_the_other(
    order, compute_line, dollar, finance_user
):
    dollar("0.8", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    entries = [
        EntryDraft(number, TODAY, "EUR", "Bill", "actual",
                   [SideDraft("expense", minor, compute_line, commitment=committed), SideDraft("clearing", -minor)])
        for number, minor in (("1", 450), ("2", 225), ("3", 225))
    ]  # fmt: skip
    post_batch(source="erp", entries=entries, at=NOW, by=finance_user)
    sides = committed.ledger_entries.order_by("pk").values_list("account", "amount_minor")
    assert list(sides) == [("expense", 400), ("fx_variance", 50)] + 2 * [("expense", 200), ("fx_variance", 25)]


def test_a_budget_rate_that_comes_after_the_order_does_not_change_it(order, invoice, dollar):
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    dollar("0.8", kind="budget")
    entry = invoice(None, committed, transaction_currency="USD", transaction_minor=1_000)
    assert (committed.budgeted_minor, entry.budget_rate) == (None, None)
    assert not LedgerEntry.objects.filter(account="fx_variance").exists()


def test_the_same_invoice_again_is_the_one_that_there_is_however_it_was_split(order, invoice, dollar):
    dollar("0.8", kind="budget")
    dollar("0.9")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    facts = {"transaction_currency": "USD", "transaction_minor": 500}
    assert invoice(None, committed, **facts) == invoice(None, committed, **facts)


@pytest.mark.parametrize("kind", ["average", "closing"])
def test_a_kind_of_rate_that_nothing_is_reckoned_at_is_refused(dollar, kind):
    with pytest.raises(ValidationError) as refusal:
        dollar("0.9", kind=kind)
    assert refusal.value.error_dict["kind"][0].code == "unused_kind"
    assert "spot" in str(refusal.value)


def test_a_cheaper_rate_gives_back_and_the_last_invoice_takes_what_roundings_left(order, invoice, compute_line, dollar):
    dollar("0.333333333")
    committed = order(None, transaction_currency="USD", transaction_minor=1_000)
    dollar("0.3")
    for number, part in enumerate((250, 250, 250, 250)):  # 83 each at the ordered rate, of 333
        invoice(None, committed, str(number), transaction_currency="USD", transaction_minor=part)
    committed.refresh_from_db()
    assert (committed.open_minor, committed.status) == (0, "relieved")
    variance = LedgerEntry.objects.filter(account="fx_variance").values_list("amount_minor", flat=True)
    assert sum(variance) == 300 - 333
    assert sums(compute_line) == (0, 0, 300, 49_700)


def test_a_loss_by_the_rate_is_posted_even_where_the_line_stops(order, invoice, compute_line, dollar):
    dollar("1")
    committed = order(None, transaction_currency="USD", transaction_minor=50_000)
    dollar("1.1")
    invoice(None, committed, transaction_currency="USD", transaction_minor=50_000)
    assert sums(compute_line) == (0, 0, 55_000, -5_000)


def test_without_a_rate_nothing_is_converted(order, invoice, compute_line, dollar):
    dollar("0.9", date(2026, 3, 2))
    for act in (order, invoice):
        text = refused("no_exchange_rate", act, None, transaction_currency="USD", transaction_minor=1)
        assert "from USD to EUR" in text
    assert sums(compute_line) == (0, 0, 0, 50_000)


def test_an_amount_beside_a_foreign_one_agrees_with_the_rate(order, dollar):
    dollar("0.9")
    refused("amount_against_rate", order, 100, transaction_currency="USD", transaction_minor=100)
    assert order(90, transaction_currency="USD", transaction_minor=100).amount_minor == 90


@pytest.mark.parametrize("named", [{"transaction_currency": "USD"}, {}, {"transaction_currency": "EUR"}])
def test_a_document_says_its_amount(order, dollar, named):
    dollar("0.9")
    refused("no_amount", order, None, **named)


def test_each_kind_of_rate_is_its_own_and_the_latest_recorded_of_a_day_counts(dollar):
    dollar("0.8", kind="budget")
    dollar("0.9")
    corrected = dollar("0.91")
    found = convert(1_000, base="USD", quote="EUR", kind="spot", on=date(2026, 4, 1))
    assert (found.minor, found.rate) == (910, corrected)
    assert convert(1_000, base="USD", quote="EUR", kind="budget", on=TODAY).minor == 800
    refused("no_exchange_rate", convert, 1, base="EUR", quote="USD", kind="spot", on=TODAY)


def test_a_conversion_knows_the_digits_of_both_currencies(finance_user):
    record_exchange_rate(base="JPY", quote="KWD", kind="spot", valid_on=TODAY, rate=Decimal("0.002"), source="bank",
                         at=NOW, by=finance_user)  # fmt: skip
    assert convert(1_250, base="JPY", quote="KWD", kind="spot", on=TODAY).minor == 2_500  # 1250 yen are 2.500 dinars


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "1e12", "0.0000000001"])
def test_a_rate_that_is_none_is_refused(dollar, rate):
    with pytest.raises(ValidationError) as refusal:
        dollar(rate)
    assert refusal.value.error_dict["rate"][0].code == "bad_rate"


def test_an_order_takes_no_reservation_of_a_job(order, submitted_job):
    with pytest.raises(ValidationError) as refusal:
        order(line=submitted_job.reservation.line, reservation=submitted_job.reservation)
    assert refusal.value.code == "held_by_job"
    submitted_job.reservation.refresh_from_db()
    assert submitted_job.reservation.status == Reservation.Status.OPEN


@pytest.fixture
def submitted_job(project, engineer, budget, rate_card):
    from trainingjobs.services import submit_job

    return submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
