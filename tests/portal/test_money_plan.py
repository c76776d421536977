"""One rule of what should be spent by a day, on every board."""

import re
from datetime import date, timedelta
from itertools import accumulate

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from finance.models import BudgetLine
from finance.services.budget import approve_budget
from people.models import User
from portal.boards.lines import read_lines
from portal.boards.money_plan import planned_by, plans_of, together
from portal.demo.calendar import at_that_time
from projects.services import change_project

days = st.integers(0, 1000).map(lambda gone: date(2025, 1, 1) + timedelta(days=gone))
steps = st.lists(st.tuples(days, st.integers(0, 10**9)), min_size=2, max_size=6, unique_by=lambda step: step[0])
plans = st.lists(
    steps.map(sorted).map(
        lambda steps: tuple(zip((day for day, _ in steps), accumulate(part for _, part in steps), strict=True))
    ),
    min_size=1,
    max_size=5,
)


@given(plans, days)
def test_today_all_plans_say_together_what_each_says(several, today):
    assert planned_by(together(several, today), today) == sum(planned_by(plan, today) for plan in several)


@given(plans, days)
def test_at_the_end_everything_is_planned(several, today):
    assert together(several, today)[-1][1] == sum(plan[-1][1] for plan in several)


def test_between_two_points_a_plan_grows_evenly():
    plan = ((date(2026, 1, 1), 0), (date(2026, 1, 11), 100))
    assert [planned_by(plan, date(2026, 1, day)) for day in (1, 6, 11, 30)] == [0, 50, 100, 100]
    assert planned_by(plan, date(2025, 12, 31)) == 0
    assert planned_by((), date(2026, 1, 1)) == 0


def test_a_budget_without_a_version_is_spread_over_the_days_of_its_project(project, manager):
    approve_budget(
        project=project, name="2026", currency="EUR", lines={"data": 36_500}, on=project.started_on, by=manager
    )
    plan = plans_of(read_lines(BudgetLine.objects.all()))[project.pk]
    assert (plan[0], plan[-1][1]) == ((project.started_on, 0), 36_500)


def test_the_even_plan_of_a_past_day_ends_on_the_day_that_was_due_then(project, manager):
    start = project.started_on
    past = start + timedelta(days=2)
    with at_that_time(past):
        change_project(project=project, due_on=start + timedelta(days=100), by=manager)
        approve_budget(project=project, name="2026", currency="EUR", lines={"data": 36_500}, on=start, by=manager)
    change_project(project=project, due_on=start + timedelta(days=300), by=manager)
    lines = read_lines(BudgetLine.objects.all())
    ends = [plans_of(lines, on)[project.pk][-1] for on in (past, None)]
    assert ends == [(start + timedelta(days=days), 36_500) for days in (100, 300)]


def test_the_portfolio_and_the_money_board_tell_the_same_distance_from_the_plan(seeded, sign_in):
    client = sign_in(seeded)
    portfolio, money = (client.get(address).content.decode() for address in ("/", "/money/"))
    told = re.search(r">(EUR\s[^<]*)</a>\s*(?:ahead of the plan|less than planned)", portfolio)
    assert told, "the demo spends beside its plan"
    assert told[1] in money


@pytest.fixture
def seeded(db, settings):
    settings.DEMO = True
    call_command("seed_demo", today=date(2026, 11, 20), verbosity=0)
    return User.objects.get(username="katrin.vogel")
