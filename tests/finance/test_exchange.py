"""Exchange rates, for all amounts and days: a document keeps the rate of its day, whatever rates come later."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import BudgetLine, ExchangeRate, JournalEntry, LedgerEntry, MonthSpend
from finance.money import exponent
from finance.services.budget import approve_budget
from finance.services.commitment import commit
from finance.services.exchange import at_rate, convert, record_exchange_rate
from finance.services.journal import post_actual

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
CURRENCY = st.sampled_from(["EUR", "JPY", "KWD"])
NANO = st.integers(1, 10**13)
MINOR = st.integers(-(10**12), 10**12)
DAY = st.dates(date(2026, 1, 1), date(2026, 3, 15))
RATES = st.lists(
    st.tuples(
        st.sampled_from(["USD/EUR", "USD/EUR", "EUR/USD", "JPY/EUR"]),
        st.sampled_from(["spot", "spot", "budget"]),
        DAY,
        st.decimals("0.001", "200", places=9),
    ),
    max_size=8,
)
WITH_ROWS = settings(max_examples=25)


@given(minor=MINOR, nano=NANO, base=CURRENCY, quote=CURRENCY)
def test_a_conversion_is_the_exact_product_rounded_once_half_to_even(minor, nano, base, quote):
    exact = minor * Fraction(nano, 10**9) * Fraction(10) ** (exponent(quote) - exponent(base))
    assert at_rate(minor, ExchangeRate(base=base, quote=quote, rate_nano=nano)) == round(exact)


@given(minor=MINOR, nano=NANO, base=CURRENCY, quote=CURRENCY)
def test_a_credit_converts_to_what_its_invoice_did(minor, nano, base, quote):
    rate = ExchangeRate(base=base, quote=quote, rate_nano=nano)
    assert at_rate(-minor, rate) == -at_rate(minor, rate)


def record(rates, by):
    for number, (pair, kind, on, rate) in enumerate(rates):
        base, quote = pair.split("/")
        record_exchange_rate(base=base, quote=quote, kind=kind, valid_on=on, rate=Decimal(rate), source="bank",
                             at=NOW + timedelta(minutes=number), by=by)  # fmt: skip


@WITH_ROWS
@given(rates=RATES, on=DAY, kind=st.sampled_from(["spot", "budget"]))
def test_the_rate_of_a_day_is_the_newest_of_its_pair_and_kind_that_is_not_of_a_later_day(rates, on, kind, finance_user):
    with transaction.atomic():
        record(rates, finance_user)
        known = [
            (valid_on, number, rate)
            for number, (pair, its_kind, valid_on, rate) in enumerate(rates)
            if pair == "USD/EUR" and its_kind == kind and valid_on <= on
        ]
        found = ExchangeRate.objects.in_force("USD", "EUR", kind, on)
        due = max(known)[::2] if known else None
        assert (found and (found.valid_on, Decimal(found.rate_nano) / 10**9)) == due
        transaction.set_rollback(True)


@WITH_ROWS
@given(earlier=RATES, later=RATES, on=DAY, foreign=st.integers(1_000, 10_000))
def test_no_rate_that_comes_later_changes_a_document(earlier, later, on, foreign, compute_line, finance_user):
    """Neither in the ledger nor beside it: what was ordered and spent stays at the rate that it names."""
    with transaction.atomic():
        record([("USD/EUR", "spot", date(2026, 1, 1), "0.9"), *earlier], finance_user)
        facts = {"line": compute_line, "amount_minor": None, "memo": "x", "source": "erp", "external_id": "1",
                 "at": NOW, "by": finance_user, "transaction_currency": "USD",
                 "transaction_minor": foreign}  # fmt: skip
        BudgetLine.objects.update(policy="warn")
        order = commit(**facts, supplier="x")
        entry = post_actual(**facts, effective_on=on)
        spot = ExchangeRate.objects.in_force("USD", "EUR", "spot", on)
        assert (entry.exchange_rate, order.exchange_rate.valid_on <= NOW.date()) == (spot, True)
        before = state()
        assert before["spent"] == at_rate(foreign, spot)
        record(later, finance_user)
        assert state() == before
        transaction.set_rollback(True)


def state():
    return {
        "spent": BudgetLine.objects.get(category="compute").spent_minor,
        "lines": list(BudgetLine.objects.order_by("pk").values_list()),
        "months": list(MonthSpend.objects.order_by("pk").values_list()),
        "entries": list(JournalEntry.objects.order_by("pk").values_list()),
        "sides": list(LedgerEntry.objects.order_by("pk").values_list()),
    }


@WITH_ROWS
@given(sums=st.lists(st.tuples(CURRENCY, st.integers(1, 500), st.integers(1, 3)), min_size=1, max_size=8))
def test_currencies_are_never_added_up(sums, project, manager, finance_user):
    with transaction.atomic():
        due = {}
        for currency in ("EUR", "JPY", "KWD"):
            approve_budget(project=project, name=currency, currency=currency, lines={"other": 10**6},
                           on=date(2026, 1, 1), by=manager)  # fmt: skip
        lines = {line.budget.currency: line for line in BudgetLine.objects.select_related("budget")}
        for number, (currency, minor, month) in enumerate(sums):
            post_actual(line=lines[currency], amount_minor=minor, memo="x", source="erp", external_id=str(number),
                        effective_on=date(2026, month, 9), at=NOW, by=finance_user)  # fmt: skip
            due[date(2026, month, 1), currency] = due.get((date(2026, month, 1), currency), 0) + minor
        rows = LedgerEntry.objects.of_projects([project]).spend_by_month()
        assert {(row["month"], row["currency"]): row["minor"] for row in rows} == due
        transaction.set_rollback(True)


@pytest.mark.parametrize(("kind", "is_refused"), [("spot", True), ("budget", False)])
def test_a_spot_rate_of_more_than_a_year_ago_prices_nothing(kind, is_refused, finance_user):
    record([("USD/EUR", kind, date(1999, 1, 5), "0.9")], finance_user)
    found = {"base": "USD", "quote": "EUR", "kind": kind}
    assert convert(1_000, **found, on=date(2000, 1, 6)).minor == 900
    if not is_refused:
        assert convert(1_000, **found, on=date(2026, 3, 1)).minor == 900
        return
    with pytest.raises(ValidationError) as refusal:
        convert(1_000, **found, on=date(2026, 3, 1))
    assert (refusal.value.code, "1999-01-05" in refusal.value.messages[0]) == ("old_exchange_rate", True)
