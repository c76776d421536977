"""Where the line of spending ends, and what is said of a limit that lies behind the end of the plan."""

from datetime import date

import pytest

from portal.boards.burn import later_words, spent_until
from portal.boards.outlook import crossing_words, outlook_of

TODAY = date(2026, 6, 20)
MONTHS = [(date(2026, month, 1), 10_000) for month in range(1, 7)]
AHEAD = [*MONTHS, (date(2027, 10, 1), 90_000)]


def outlook(limit, until, spend=MONTHS):
    return outlook_of(spend, limit=limit, today=TODAY, until=until)


def test_what_is_dated_ahead_is_no_part_of_the_line_of_what_is_spent():
    assert spent_until(AHEAD, TODAY) == spent_until(MONTHS, TODAY)
    assert spent_until(AHEAD, TODAY)[-1] == (TODAY, 60_000)


def test_each_month_stands_at_its_end_and_the_running_one_today():
    line = spent_until(MONTHS[:2], TODAY)
    assert line == [(date(2026, 1, 1), 0), (date(2026, 2, 1), 10_000), (date(2026, 3, 1), 20_000), (TODAY, 20_000)]


def test_what_is_dated_ahead_alone_leaves_the_line_on_the_ground():
    assert spent_until(AHEAD[-1:], TODAY, date(2026, 1, 1)) == [(date(2026, 1, 1), 0), (TODAY, 0)]
    assert spent_until(AHEAD[-1:], TODAY) == []


def test_what_is_dated_ahead_is_told_beside_the_chart():
    assert later_words(MONTHS, TODAY, "EUR") == ""
    assert "not drawn: EUR\u00a0900." in later_words(AHEAD, TODAY, "EUR")


def test_the_forecast_begins_from_what_is_spent_by_today():
    assert outlook(100_000, date(2027, 1, 1), AHEAD) == outlook(100_000, date(2027, 1, 1))


def test_a_limit_that_is_crossed_before_the_plan_ends_is_crossed():
    words = crossing_words(outlook(70_000, date(2027, 6, 1)), "EUR")
    assert "the limit is crossed about 20 Jul 2026" in words


@pytest.mark.parametrize("limit", [100_000, 200_000])
def test_a_limit_that_is_crossed_after_the_plan_ends_is_kept_by_the_plan(limit):
    found = outlook(limit, date(2026, 8, 20))
    assert found.crossing.middle > date(2026, 8, 20)
    words = crossing_words(found, "EUR")
    assert "ends at EUR\u00a0800" in words
    assert f"on 20 Aug 2026, inside EUR\u00a0{limit // 100:,}" in words
    assert "crossed" not in words


def test_a_plan_that_has_ended_keeps_no_limit():
    assert "is crossed about" in crossing_words(outlook(100_000, date(2026, 6, 1)), "EUR")
