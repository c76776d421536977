"""What exchange rates alone have changed, as the money pages tell it: until the order, and since."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from finance.models import BudgetLine
from finance.services.commitment import commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual
from portal.boards.money import RateVariance, fx_variance_of

UNTIL, SINCE = "From the rate of the budget to that of the order: ", "where nothing was ordered: "


@pytest.fixture
def pay(told, finance_user):
    """Order and pay 100.00 dollars: 80 euro when planned, 90 when ordered, 95 when paid."""
    line = told.budgets.get().lines.select_related("budget__project").get(category="people")

    def pay(number, at):
        on = timezone.localdate(at)

        def dollar(rate, kind="spot"):
            record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=on, rate=Decimal(rate), source="bank",
                                 at=at, by=finance_user)  # fmt: skip

        facts = {"line": line, "amount_minor": None, "memo": "Labels", "source": "erp", "at": at, "by": finance_user,
                 "transaction_currency": "USD", "transaction_minor": 10_000}  # fmt: skip
        dollar("0.8", "budget")
        dollar("0.9")
        order = commit(**facts, supplier="Label Inc.", external_id=f"PO-{number}")
        dollar("0.95")
        post_actual(**facts, external_id=f"INV-{number}", effective_on=on, commitment=order)

    return pay


def test_the_board_tells_the_variance_until_the_order_from_that_since(sign_in, manager, pay):
    pay(1, timezone.now())
    page = strip_tags(sign_in(manager).get("/money/").content.decode())
    assert "Exchange rate variance, contained in it: EUR\u00a015.00" in page
    assert f"{UNTIL}EUR\u00a010.00" in page
    assert f"{SINCE}EUR\u00a05.00" in page


def test_the_budget_tells_it_as_well_beside_what_an_order_was_planned_at(sign_in, manager, pay):
    assert UNTIL not in sign_in(manager).get("/projects/TRI/budget/").content.decode()
    pay(1, timezone.now())
    page = strip_tags(sign_in(manager).get("/projects/TRI/budget/").content.decode())
    assert f"{UNTIL}EUR\u00a010.00" in page
    assert f"{SINCE}EUR\u00a05.00" in page
    assert "EUR\u00a080.00 at the budget rate" in page


def test_a_past_day_knows_what_had_been_posted_by_then(pay):
    now = timezone.now()
    pay(1, now - timedelta(days=3))
    pay(2, now)
    rows = BudgetLine.objects.order_by()
    assert fx_variance_of(rows, timezone.localdate(now) - timedelta(days=4)).together == 0
    assert fx_variance_of(rows, timezone.localdate(now) - timedelta(days=2)) == RateVariance(1_000, 500)
    assert fx_variance_of(rows) == RateVariance(2_000, 1_000)


def test_more_orders_ask_no_more_queries(sign_in, manager, pay):
    browser, counts = sign_in(manager), []
    for number in (1, 2, 3):
        pay(number, timezone.now())
        browser.get("/projects/TRI/budget/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get("/projects/TRI/budget/")
        counts.append(len(queries))
    assert len(set(counts)) == 1
