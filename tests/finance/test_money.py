"""Money as integers: nothing is lost between the edge and the ledger, and parts sum to the whole."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from finance.currencies import demand_currency
from finance.money import allocate, charge_micro, exponent, to_decimal, to_minor, typed_minor

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])


@given(minor=st.integers(-(10**17), 10**17), currency=CURRENCIES)
def test_an_amount_survives_the_way_to_the_edge_and_back(minor, currency):
    assert to_minor(to_decimal(minor, currency), currency) == minor
    assert to_minor(str(to_decimal(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("currency", "digits"), [("JPY", 0), ("VND", 0), ("EUR", 2), ("KWD", 3), ("JOD", 3), ("CHF", 2)]
)
def test_currencies_know_their_digits(currency, digits):
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["ZZZ", "eur", "", "XAU", "EURO"])
def test_what_is_no_currency_is_refused(code):
    with pytest.raises(ValidationError, match="no currency"):
        demand_currency(code)


@pytest.mark.parametrize(("amount", "currency"), [("1.5", "JPY"), ("1.001", "EUR"), ("1.0001", "KWD"), ("NaN", "EUR"),
                                                  ("Infinity", "EUR")])  # fmt: skip
def test_an_amount_finer_than_its_currency_is_refused_not_rounded(amount, currency):
    with pytest.raises(ValidationError) as refusal:
        to_minor(amount, currency)
    assert refusal.value.code == "too_fine"


@pytest.mark.parametrize("amount", ["", "twelve", "1,50", "1.2.3", "1e40", "9e999999", "1e999999"])
def test_text_that_is_no_amount_is_refused_with_an_example(amount):
    with pytest.raises(ValidationError, match="Write it like") as refusal:
        to_minor(amount, "EUR")
    assert refusal.value.code == "not_an_amount"


@given(minor=st.integers(-(10**15), 10**15), currency=CURRENCIES,
       group=st.sampled_from(["", ",", " ", "\u00a0", "\u202f"]), minus=st.sampled_from("-\u2212"),
       around=st.sampled_from(["", " ", "\u00a0"]))  # fmt: skip
def test_an_amount_is_read_as_it_is_written_with_or_without_grouping(minor, currency, group, minus, around):
    text = f"{to_decimal(minor, currency):,}".replace(",", group).replace("-", minus)
    assert typed_minor(around + text + around, currency) == minor


@given(text=st.text("0123456789., \u00a0'-e", max_size=14), currency=CURRENCIES)
def test_what_is_read_is_the_number_that_stands_there(text, currency):
    try:
        minor = typed_minor(text, currency)
    except ValidationError:
        return
    digits = "".join(sign for sign in text if sign in "0123456789.-")
    assert to_decimal(minor, currency) == Decimal(digits)
    groups = "".join("," if sign in " \u00a0" else sign for sign in text.strip()).lstrip("-").split(".")[0].split(",")
    assert [len(group) for group in groups[1:]] == [3] * (len(groups) - 1)


@pytest.mark.parametrize(
    ("text", "currency"),
    [*((text, "EUR") for text in ("", "1234,50", "1 0 0", "1,23", "12,34,567", "1.234,50", "1,234 567", "0,123",
                                  "1,,234", "1'234", "1234,567", "1e3", "--5", "5 EUR", "\u0663", "NaN", "1_000")),
     ("1,234", "KWD")],
)  # fmt: skip
def test_what_may_be_another_number_is_refused_with_an_example(text, currency):
    with pytest.raises(ValidationError, match="Write it like 1234") as refusal:
        typed_minor(text, currency)
    assert refusal.value.code == "not_an_amount"


def test_more_than_all_the_money_there_is_was_mistyped():
    assert typed_minor("10,000,000,000,000.00", "EUR") == 10**15
    with pytest.raises(ValidationError, match="Check the digits"):
        typed_minor("10,000,000,000,000.01", "EUR")


@given(minor=st.integers(-(10**12), 10**12), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_parts_of_a_split_sum_to_the_whole(minor, weights):
    if sum(weights) == 0:
        weights.append(1)
    parts = allocate(minor, weights)
    assert sum(parts) == minor
    assert len(parts) == len(weights)


@given(minor=st.integers(0, 10**12), weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=40))
def test_no_part_is_a_whole_unit_away_from_its_share(minor, weights):
    for part, weight in zip(allocate(minor, weights), weights, strict=True):
        assert abs(part - Decimal(minor) * weight / sum(weights)) < 1


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], [3, -1]])
def test_weights_that_make_no_split_are_refused(weights):
    with pytest.raises(ValidationError) as refusal:
        allocate(100, weights)
    assert refusal.value.code == "bad_weights"


@pytest.mark.parametrize(("micro", "currency", "minor"), [(0, "EUR", 0), (1, "EUR", 1), (10_000, "EUR", 1),
                                                          (10_001, "EUR", 2), (1, "JPY", 1), (1_000_001, "JPY", 2),
                                                          (1_001, "KWD", 2)])  # fmt: skip
def test_a_started_unit_is_charged(micro, currency, minor):
    assert charge_micro(micro, currency) == minor
