"""Figures in explanations: rounded, grouped, with a true minus and no-break spaces."""

import pytest

from outcomes import wording

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (4_380_000, "4,380,000"),
        (0.9721448467966574, "0.972145"),
        (0.871, "0.871"),
        (-100.0, "−100"),
        (7.000000000000001, "7"),
        (0.00001674199, "0.000016742"),
        (1234567.891, "1,234,568"),
        (1e-20, "0.00000000000000000001"),
    ],
)
def test_a_number_keeps_six_significant_digits_and_no_trailing_zero(value, written):
    assert wording.number(value) == written


@pytest.mark.parametrize(("digits", "written"), [(0, "3"), (1, "2.7"), (2, "2.68"), (4, "2.6750")])
def test_a_number_is_rounded_not_cut(digits, written):
    assert wording.number(2.675, digits) == written


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(41_562_280, "EUR", "EUR 415,622.80"), (-5, "EUR", "−EUR 0.05"), (7, "JPY", "JPY 7")],
)
def test_money_shows_every_minor_unit(minor, currency, written):
    assert wording.money(minor, currency).replace(NBSP, " ") == written


@pytest.mark.parametrize(("micro", "written"), [(14_580, "EUR 0.01458"), (715, "EUR 0.000715"), (0, "EUR 0.00")])
def test_small_money_shows_its_last_millionth(micro, written):
    assert wording.money_micro(micro, "EUR").replace(NBSP, " ") == written


def test_only_percent_stands_close():
    assert wording.with_unit(12.9, "%") == "12.9%"
    assert wording.with_unit(107, "min") == f"107{NBSP}min"


def test_a_digest_shows_its_ends():
    assert wording.digest("9f3c" + "0" * 56 + "e1a7") == "9f3c0000…e1a7"
    assert wording.digest("short") == "short"
