"""The exact choice of projects, against trying every subset."""

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.choice import Candidate, Choice, NoChoice, choose, sum_of

candidates = st.lists(
    st.builds(
        Candidate,
        key=st.uuids().map(str),
        value_minor=st.integers(-500, 5000),
        cost_minor=st.integers(0, 1000),
        people_tenths=st.integers(0, 60),
        must=st.sampled_from([None, None, None, True, False]),
    ),
    max_size=9,
    unique_by=lambda each: each.key,
)
caps = st.none() | st.integers(0, 3000)


def best_by_trying(rows, money, people):
    """The highest value of all subsets that keep to everything, or None."""
    subsets = chain.from_iterable(combinations(rows, size) for size in range(len(rows) + 1))
    allowed = [
        sum(row.value_minor for row in some)
        for some in subsets
        if (money is None or sum(row.cost_minor for row in some) <= money)
        and (people is None or sum(row.people_tenths for row in some) <= people)
        and all(row in some for row in rows if row.must)
        and not any(row.must is False for row in some)
    ]
    return max(allowed, default=None)


@settings(max_examples=60)
@given(candidates, caps, caps)
def test_no_subset_that_keeps_to_the_caps_is_worth_more(rows, money, people):
    chosen, best = choose(rows, money_minor=money, people_tenths=people), best_by_trying(rows, money, people)
    if best is None:
        assert isinstance(chosen, NoChoice)
        return
    assert isinstance(chosen, Choice)
    assert (chosen.value_minor, chosen.is_proven) == (best, True)
    assert chosen == sum_of(rows, chosen.keys)
    assert money is None or chosen.cost_minor <= money
    assert people is None or chosen.people_tenths <= people


def test_without_caps_everything_of_value_is_chosen():
    rows = [Candidate("A", 10, 5, 1), Candidate("B", -3, 1, 1), Candidate("C", 7, 9, 9)]
    assert choose(rows, money_minor=None, people_tenths=None).keys == {"A", "C"}


def test_what_must_stay_and_does_not_fit_is_said():
    refusal = choose([Candidate("A", 10, 500, 1, must=True)], money_minor=100, people_tenths=None)
    assert "costs more than the budget" in refusal.reason
    refusal = choose([Candidate("A", 10, 5, 100, must=True)], money_minor=None, people_tenths=10)
    assert "more people than there are" in refusal.reason


def test_nothing_to_choose_from_is_an_empty_choice():
    assert choose([], money_minor=0, people_tenths=0) == Choice(frozenset(), 0, 0, 0)
