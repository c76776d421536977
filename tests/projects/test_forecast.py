"""What is expected follows from the plan and from what really happened; milestones wait for each other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.forecast import Circle, Link, MilestoneDates, StageDates, expected_milestones, expected_stages

TODAY = date(2026, 6, 15)


def stage(start, finish, **dates):
    return StageDates(date(2026, *start), date(2026, *finish), **dates)


def test_a_stage_that_runs_late_pushes_those_behind_it_by_its_lateness():
    stages = [
        stage((1, 1), (3, 1), actual_start=date(2026, 1, 1), actual_finish=date(2026, 3, 1)),
        stage((3, 2), (5, 1), actual_start=date(2026, 4, 21)),  # fifty days late, sixty days long
        stage((5, 2), (7, 1)),
        stage((7, 2), (8, 1)),
    ]
    _done, running, following, last = expected_stages(stages, TODAY)
    assert running.finish == date(2026, 6, 20)
    assert (following.start, following.finish) == (date(2026, 6, 21), date(2026, 8, 20))
    assert last.finish - date(2026, 8, 1) == timedelta(days=50)


def test_what_is_early_does_not_pull_the_plan_ahead():
    stages = [stage((1, 1), (8, 1), actual_start=date(2025, 12, 1)), stage((8, 2), (9, 1))]
    assert [each.finish for each in expected_stages(stages, TODAY)] == [date(2026, 8, 1), date(2026, 9, 1)]


def test_nothing_unfinished_is_expected_before_today():
    stages = [stage((1, 1), (2, 1), actual_start=date(2026, 1, 1)), stage((2, 2), (3, 1))]
    running, following = expected_stages(stages, TODAY)
    assert running.finish == TODAY
    assert following.start >= TODAY
    assert following.finish - following.start == timedelta(days=27)


def test_what_somebody_expects_holds_and_pushes_what_follows():
    set_finish = date(2026, 9, 30)
    stages = [
        stage((1, 1), (7, 1), actual_start=date(2026, 1, 1), set_finish=set_finish),
        stage((7, 2), (8, 1)),
    ]
    running, following = expected_stages(stages, TODAY)
    assert running.finish == set_finish
    assert running.is_set
    assert not following.is_set
    assert following.finish == date(2026, 8, 1) + (set_finish - date(2026, 7, 1))


def test_without_planned_starts_the_end_of_the_stage_ahead_is_the_start():
    stages = [
        StageDates(None, date(2026, 3, 1), actual_start=date(2026, 1, 1), actual_finish=date(2026, 4, 1)),
        StageDates(None, date(2026, 6, 1), actual_start=date(2026, 4, 1)),
    ]
    assert expected_stages(stages, TODAY)[1].finish == date(2026, 7, 2)  # 92 days from April on


def test_a_stage_without_a_plan_is_not_guessed():
    assert expected_stages([StageDates(), StageDates()], TODAY)[1].finish is None


@given(
    lengths=st.lists(st.integers(1, 90), min_size=2, max_size=6),
    begun=st.integers(0, 200),
    today=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_the_expected_line_keeps_its_order_and_is_never_before_its_plan(lengths, begun, today):
    stages, start = [], date(2026, 1, 1)
    for index, length in enumerate(lengths):
        actual = {"actual_start": min(start + timedelta(days=begun), today)} if index == 0 else {}
        stages.append(StageDates(start, start + timedelta(days=length), **actual))
        start += timedelta(days=length + 1)
    expected = expected_stages(stages, today)
    finishes = [each.finish for each in expected]
    assert finishes == sorted(finishes)
    assert all(finish >= each.planned_finish for finish, each in zip(finishes, stages, strict=True))
    assert min(finishes) >= min(today, finishes[0])


def test_a_milestone_is_expected_after_what_it_waits_for():
    milestones = {
        1: MilestoneDates(date(2026, 5, 1), date(2026, 6, 10)),
        2: MilestoneDates(date(2026, 6, 20)),
        3: MilestoneDates(date(2026, 12, 1)),
        4: MilestoneDates(date(2026, 6, 1)),
    }
    links = [Link(1, 2, 30), Link(2, 3, 10)]
    expected = expected_milestones(milestones, links, TODAY)
    assert expected == {1: date(2026, 6, 10), 2: date(2026, 7, 10), 3: date(2026, 12, 1), 4: TODAY}


def test_a_circle_is_named_with_its_path():
    milestones = {key: MilestoneDates(TODAY) for key in (1, 2, 3)}
    with pytest.raises(Circle) as circle:
        expected_milestones(milestones, [Link(1, 2), Link(2, 3), Link(3, 1)], TODAY)
    assert circle.value.path[0] == circle.value.path[-1]
    assert set(circle.value.path) == {1, 2, 3}
