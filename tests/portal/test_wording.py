"""How numbers read."""

from datetime import date

import pytest
from django.utils import timezone

from portal import wording


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (41_203_100, "EUR\u00a0412k"),
        (799_000_000, "EUR\u00a07.99\u00a0M"),
        (99_990_000, "EUR\u00a01.00\u00a0M"),
        (1234, "EUR\u00a012.34"),
        (0, "EUR\u00a00"),
        (-430_000, "\u2212EUR\u00a04,300"),
        (123_400, "EUR\u00a01,234"),
        (None, "none"),
    ],
)
def test_money_of_the_ledger_is_short_on_boards(minor, text):
    assert wording.money_minor(minor, "EUR") == text


def test_money_is_full_in_explanations():
    assert wording.money_minor(41_203_112, "EUR", full=True) == "EUR\u00a0412,031.12"
    assert wording.money_minor(1234, "JPY", full=True) == "JPY\u00a01,234"


@pytest.mark.parametrize(
    ("micro", "text"),
    [(1_300, "EUR\u00a00.0013"), (0, "EUR\u00a00.00"), (12_340_000, "EUR\u00a012.34"), (None, "none")],
)
def test_small_costs_keep_four_digits(micro, text):
    assert wording.money_micro(micro, "EUR") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9432, "0.943"),
        (7.1, "7.1"),
        (41206, "41,206"),
        (-2.5, "\u22122.5"),
        (0, "0"),
        (-0.0001, "0"),
        (None, "none"),
        (12.96, "13"),
    ],
)
def test_numbers_have_about_three_figures_and_a_true_minus(value, text):
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.2, "3.2\u00a0s"), (42, "42\u00a0s"), (1440, "24\u00a0min"), (4320, "1\u00a0h 12\u00a0min"), (None, "none")],
)
def test_durations_read_like_speech(value, text):
    assert wording.seconds(value) == text


def test_sizes_units_and_changes():
    assert wording.byte_size(112_400) == "112\u00a0kB"
    assert wording.byte_size(12) == "12\u00a0B"
    assert wording.in_unit(12.9, "%") == "12.9%"
    assert wording.in_unit(107, "min") == "107\u00a0min"
    assert wording.signed(2) == "+2"
    assert wording.percent(0.5) == "50%"


def test_a_day_names_its_year_only_when_it_is_another():
    assert wording.day(date(2020, 11, 24)) == "24 Nov 2020"
    assert "20" not in wording.day(timezone.localdate().replace(month=11, day=14))


def test_small_counts_are_words():
    assert wording.count_of(2, "project", "projects") == "two projects"
    assert wording.count_of(40, "project", "projects") == "40 projects"


def test_the_detail_of_an_audit_entry_reads_as_text():
    detail = {"job": "TRI-1", "reserved_minor": 1, "lines": ["a", "b"], "error": "", "params": {"batch_size": 32}}
    assert wording.told(detail) == "job TRI-1; reserved minor 1; lines a, b; params batch size 32"
    assert wording.spoken("submit_job") == "submit job"


def test_a_share_that_rounds_to_nothing_has_no_minus():
    assert wording.percent(-0.004) == "0%"
    assert wording.percent(-0.006) == "\u22121%"
