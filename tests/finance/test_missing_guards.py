"""Money without one of its guards: amounts that go through a float on their way are found out."""

import pytest

from finance import money
from tests.finance import test_money
from tests.finance.test_ledger_machine import plant

CENTS = 10**17 - 1  # a float has no room for all of its digits
there_and_back = test_money.test_an_amount_survives_the_way_to_the_edge_and_back.hypothesis.inner_test
sum_of_parts = test_money.test_parts_of_a_split_sum_to_the_whole.hypothesis.inner_test
FLOATS = {
    "an amount is read as a float": (
        money.to_minor, "Decimal(amount).scaleb(exponent(currency))",
        "Decimal(round(float(amount) * 10 ** exponent(currency)))",
        lambda: there_and_back(minor=CENTS, currency="EUR")),
    "an amount is shown by way of a float": (
        money.to_decimal, "Decimal(minor).scaleb(-exponent(currency))", "Decimal(minor / 10 ** exponent(currency))",
        lambda: there_and_back(minor=CENTS, currency="EUR")),
    "an amount is split by shares": (
        money.allocate, "divmod(minor * weight, total)", "(round(minor * (weight / total)), 0)",
        lambda: sum_of_parts(minor=2, weights=[1, 1, 1])),
    "a charge is a float": (
        money.charge_micro, "(Decimal(micro) / MICRO)", "Decimal(micro / MICRO)",
        lambda: test_money.test_a_started_unit_is_charged(10_000, "EUR", 1)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FLOATS)
def test_a_float_on_the_way_of_money_is_found_out(fault, monkeypatch):
    function, right, wrong, check = FLOATS[fault]
    check()
    plant(monkeypatch, function, right, wrong)
    with pytest.raises(AssertionError):
        check()
