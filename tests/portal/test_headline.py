"""The first words of the portfolio: never kinder than the rows below them."""

from types import SimpleNamespace

import pytest

from portal.boards.headline import _course


@pytest.mark.parametrize(
    ("tones", "words"),
    [
        (["good", "good"], "We are on course."),
        (["good", "good", "warn", "bad"], "We are mostly on course."),
        (["good", "warn", "warn", "warn"], "Most projects need a look."),
        (["good", "bad", "bad", "warn"], "We are off course."),
    ],
)
def test_the_course_is_that_of_most_projects(tones, words):
    rows = tuple(SimpleNamespace(health=SimpleNamespace(tone=tone)) for tone in tones)
    assert words in _course(rows)
