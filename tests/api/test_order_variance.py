"""An order over REST says what it was planned at, and what exchange rates have changed until it and since."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.services.commitment import commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual

AT, ON = datetime(2026, 1, 12, 12, tzinfo=UTC), date(2026, 1, 12)


@pytest.fixture
def dollar(finance_user):
    def record(rate, kind="spot"):
        return record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=ON, rate=Decimal(rate), source="bank",
                                    at=AT, by=finance_user)  # fmt: skip

    return record


@pytest.fixture
def paid(budget, dollar, finance_user):
    """An order of 100.00 dollars of which 60.00 are paid, and an actual without an order."""

    def paid(number):
        facts = {"line": budget.lines.get(category="people"), "amount_minor": None, "memo": "x", "source": "erp",
                 "at": AT, "by": finance_user, "transaction_currency": "USD"}  # fmt: skip
        dollar("0.9")
        order = commit(**facts, supplier="x", external_id=f"PO-{number}", transaction_minor=10_000)
        dollar("0.95")
        facts |= {"effective_on": ON, "transaction_minor": 6_000}
        post_actual(**facts, external_id=f"INV-{number}", commitment=order)
        post_actual(**facts, external_id=f"CARD-{number}")
        return order

    return paid


def test_an_order_tells_both_parts_of_its_variance(paid, dollar, finance_user, api):
    planned = dollar("0.8", "budget")
    body = api(finance_user).get(f"/api/v1/commitments/{paid(1).pk}/").json()
    assert (body["amount"], body["budgeted"], body["budget_rate"]) == ("90.00", "80.00", planned.pk)
    assert (body["variance_until_order"], body["variance_since_order"]) == ("6.00", "3.00")


def test_the_money_board_tells_what_exchange_rates_alone_have_cost(paid, dollar, finance_user, api):
    dollar("0.8", "budget")
    paid(1)
    body = api(finance_user).get("/api/v1/money/").json()
    assert body["variance"] == {"until_order": "6.00", "since": "12.00", "together": "18.00"}


def test_an_order_without_a_budget_rate_says_so(paid, finance_user, api):
    body = api(finance_user).get(f"/api/v1/commitments/{paid(1).pk}/").json()
    assert (body["budgeted"], body["budget_rate"]) == (None, None)
    assert (body["variance_until_order"], body["variance_since_order"]) == ("0.00", "3.00")


def test_a_longer_list_asks_no_more_queries(paid, dollar, finance_user, api):
    dollar("0.8", "budget")
    counts = []
    for number in (1, 2, 3):
        paid(number)
        with CaptureQueriesContext(connection) as queries:
            body = api(finance_user).get("/api/v1/commitments/").json()
        assert {row["variance_until_order"] for row in body["results"]} == {"6.00"}
        counts.append(len(queries))
    assert counts[1] == counts[2]


@pytest.mark.parametrize("kind", ["average", "closing"])
def test_a_rate_of_a_kind_that_is_not_used_is_refused_with_the_mend(kind, finance_user, api):
    rate = {"base": "USD", "quote": "EUR", "kind": kind, "valid_on": "2026-01-20", "rate": "0.92"}
    for path, body in (("", {**rate, "source": "ecb"}), ("batch/", {"source": "ecb", "rates": [rate]})):
        answer = api(finance_user).post(f"/api/v1/exchange-rates/{path}", body)
        assert answer.status_code == 422
        assert "Record it as spot, or as budget for plans." in answer.content.decode()
