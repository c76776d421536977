"""Orders, for all amounts: whatever is spoken for is counted once, from the reservation to the last invoice."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import BudgetLine, LedgerEntry
from finance.services.budget import change_reservation, reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import at_rate, record_exchange_rate
from finance.services.journal import post_actual, reverse_entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 1)
WITH_ROWS = settings(max_examples=30)
RATE = st.decimals("0.05", "20", places=9)


@pytest.fixture
def act(compute_line, finance_user):
    """The verbs with what does not matter here filled in."""
    common = {"line": compute_line, "memo": "x", "source": "erp", "at": NOW, "by": finance_user}

    class Act:
        number = 0

        def next(self, amount, **more):
            Act.number += 1
            return {**common, "external_id": str(Act.number), "amount_minor": amount, **more}

        def order(self, amount, **more):
            return commit(**self.next(amount, supplier="x", **more))

        def invoice(self, amount, order=None, **more):
            return post_actual(**self.next(amount, effective_on=TODAY, commitment=order, **more))

        def rate(self, rate, kind="spot"):
            record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=TODAY, rate=Decimal(rate),
                                 source="bank", at=NOW, by=finance_user)  # fmt: skip

    return Act()


def used(line):
    row = BudgetLine.objects.get(pk=line.pk)
    return row.released_minor - row.available_minor


@WITH_ROWS
@given(
    held=st.integers(0, 9_000), ordered=st.integers(1, 9_000), invoices=st.lists(st.integers(0, 4_000), max_size=6),
    is_cancelled=st.booleans(),
)  # fmt: skip
def test_what_is_used_is_the_larger_of_the_order_and_its_invoices(
    held, ordered, invoices, is_cancelled, act, compute_line, engineer, finance_user
):
    with transaction.atomic():
        reservation = reserve(line=compute_line, amount_minor=held, reference="plan", at=NOW, by=engineer)
        assert used(compute_line) == held
        order = act.order(ordered, reservation=reservation)
        for number in range(len(invoices)):
            act.invoice(invoices[number], order)
            assert used(compute_line) == max(ordered, sum(invoices[: number + 1]))
        if is_cancelled and sum(invoices) < ordered:
            cancel_commitment(commitment=order, at=NOW, by=finance_user)
            assert used(compute_line) == sum(invoices)
        transaction.set_rollback(True)


@WITH_ROWS
@given(ordered=st.integers(1, 9_000), invoices=st.lists(st.integers(0, 9_000), min_size=1, max_size=5), data=st.data())
def test_reversing_all_invoices_in_any_order_leaves_the_order_as_it_was(
    ordered, invoices, data, act, compute_line, finance_user
):
    with transaction.atomic():
        order = act.order(ordered)
        entries = [act.invoice(minor, order) for minor in invoices]
        for entry in data.draw(st.permutations(entries)):
            reverse_entry(entry=entry, memo="x", effective_on=TODAY, at=NOW, by=finance_user)
        order.refresh_from_db()
        assert (order.open_minor, order.status, used(compute_line)) == (ordered, "open", ordered)
        transaction.set_rollback(True)


@WITH_ROWS
@given(parts=st.lists(st.integers(20, 2_000), min_size=1, max_size=8), rates=st.lists(RATE, min_size=2, max_size=9))
def test_a_foreign_order_that_is_invoiced_in_full_is_closed_at_any_rates(parts, rates, act, compute_line, manager):
    """The expense is that of the order to the last cent; all that the rates changed is variance."""
    with transaction.atomic():
        set_line_policy(line=compute_line, policy="warn", by=manager)
        act.rate(rates[0])
        order = act.order(None, transaction_currency="USD", transaction_minor=sum(parts))
        paid = 0
        for number, part in enumerate(parts):
            act.rate(rates[1 + number % (len(rates) - 1)])
            entry = act.invoice(None, order, transaction_currency="USD", transaction_minor=part)
            paid -= entry.entries.get(account="clearing").amount_minor
        order.refresh_from_db()
        assert (order.status, order.open_minor, used(compute_line)) == ("relieved", 0, paid)
        sums = dict(LedgerEntry.objects.expenses().values_list("account").annotate(Sum("amount_minor")).order_by())
        assert sums.get("expense", 0) == order.amount_minor
        assert sums.get("fx_variance", 0) == paid - order.amount_minor
        transaction.set_rollback(True)


@WITH_ROWS
@given(
    planned=RATE, ordered=RATE,
    invoices=st.lists(st.tuples(st.integers(20, 2_000), RATE, st.booleans()), min_size=1, max_size=6),
)  # fmt: skip
def test_the_parts_between_the_three_rates_sum_to_the_whole_whatever_was_reversed_on_the_way(
    planned, ordered, invoices, act, compute_line, manager, finance_user
):
    """Expense at the rate of the budget, what changed until the order, what changed since: to the last minor unit."""
    with transaction.atomic():
        set_line_policy(line=compute_line, policy="warn", by=manager)
        act.rate(planned, "budget")
        act.rate(ordered)
        whole = sum(part for part, _rate, _is_wrong in invoices)
        order = act.order(None, transaction_currency="USD", transaction_minor=whole)
        assert order.budgeted_minor == at_rate(whole, order.budget_rate)
        again = [(part, rate) for part, rate, is_wrong in invoices if is_wrong]
        entries = [pay(act, order, part, rate) for part, rate, _is_wrong in invoices]
        for entry, (_part, _rate, is_wrong) in zip(entries, invoices, strict=True):
            if is_wrong:
                reverse_entry(entry=entry, memo="x", effective_on=TODAY, at=NOW, by=finance_user)
        for part, rate in again:
            pay(act, order, part, rate)
        order.refresh_from_db()
        assert (order.status, order.open_minor) == ("relieved", 0)
        paid = -total(account="clearing")
        assert total(account="expense") == order.budgeted_minor
        assert total(account="fx_variance", commitment=order) == order.amount_minor - order.budgeted_minor
        assert total(account="fx_variance", commitment=None) == paid - order.amount_minor
        assert used(compute_line) == paid
        transaction.set_rollback(True)


def pay(act, order, part, rate):
    act.rate(rate)
    entry = act.invoice(None, order, transaction_currency="USD", transaction_minor=part)
    assert sum(entry.entries.values_list("amount_minor", flat=True)) == 0
    return entry


def total(**sides):
    return sum(LedgerEntry.objects.filter(**sides).values_list("amount_minor", flat=True))


@WITH_ROWS
@given(planned=RATE, rate=RATE, foreign=st.integers(-9_000, 9_000))
def test_an_actual_without_an_order_splits_into_the_budget_rate_and_the_rest(planned, rate, foreign, act, compute_line):
    with transaction.atomic():
        act.rate(planned, "budget")
        act.rate(rate)
        entry = act.invoice(None, transaction_currency="USD", transaction_minor=foreign)
        expense, paid = at_rate(foreign, entry.budget_rate), at_rate(foreign, entry.exchange_rate)
        assert (total(account="fx_variance"), used(compute_line)) == (paid - expense, paid)
        transaction.set_rollback(True)


@WITH_ROWS
@given(
    asked=st.integers(1, 100_000), policy=st.sampled_from(["stop", "warn", "ignore"]), spent=st.integers(-5_000, 60_000)
)
def test_a_line_says_no_exactly_when_it_stops_and_lacks_the_money(asked, policy, spent, act, compute_line, manager):
    """To an order as to a reservation, and to one that grows; an actual is a fact and is always taken."""
    with transaction.atomic():
        set_line_policy(line=compute_line, policy=policy, by=manager)
        act.invoice(spent)
        is_refused = policy == "stop" and asked > 50_000 - spent
        held = reserve(line=compute_line, amount_minor=0, reference="grows", at=NOW, by=manager)
        for verb in (
            lambda: act.order(asked),
            lambda: reserve(line=compute_line, amount_minor=asked, reference="at once", at=NOW, by=manager),
            lambda: change_reservation(reservation=held, amount_minor=asked, by=manager),
        ):
            with transaction.atomic():
                assert refused(verb) is is_refused
                transaction.set_rollback(True)
        transaction.set_rollback(True)


def refused(verb):
    try:
        with transaction.atomic():
            verb()
    except ValidationError as error:
        return error.code == "over_budget"
    return False


@WITH_ROWS
@given(spent=st.integers(50_000, 90_000))
def test_what_costs_nothing_is_taken_where_nothing_is_left(spent, act, compute_line, engineer):
    with transaction.atomic():
        act.invoice(spent)
        reserve(line=compute_line, amount_minor=0, reference="free", at=NOW, by=engineer)
        act.invoice(0)
        assert used(compute_line) == spent
        transaction.set_rollback(True)


def test_a_foreign_credit_that_is_nothing_at_the_rate_of_today_is_a_credit_all_the_same(act, compute_line):
    """At the rate of its order it would give the order more than was ordered."""
    act.rate("1.1")
    order = act.order(None, transaction_currency="USD", transaction_minor=100)
    act.rate("0.3")
    with pytest.raises(ValidationError) as refusal:
        act.invoice(None, order, transaction_currency="USD", transaction_minor=-1)
    assert (refusal.value.code, used(compute_line)) == ("credit_on_commitment", 110)
