"""Earned value of a project that has ended: its last stage is done, and time goes no further."""

from datetime import timedelta

import pytest
from django.utils import timezone

from finance.services.journal import post_actual
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version
from outcomes.services.course import close_project
from portal.boards.earned_value import earned_facts
from portal.boards.earned_why import explain_earned
from projects.models import Stage


@pytest.fixture
def budget(told, manager, finance_user):
    """A plan in force over three months, all at the stage that the project is at."""
    at, today = timezone.now(), timezone.localdate()
    periods = open_periods(first=(today.replace(day=1) - timedelta(days=40)).replace(day=1), months=3, by=None)
    lines = [
        PlannedAmount(period, category, told.station, 2_000_000)
        for period in periods
        for category in ("people", "compute")
    ]
    budget = told.budgets.get()
    version = draft_version(budget=budget, lines=lines, reason="First plan", at=at, by=manager)
    approve_version(version=version, at=at, by=finance_user)
    Stage.objects.filter(project=told, station=told.station).update(actual_start=today - timedelta(days=40))
    budget.refresh_from_db()
    return budget


def seen(budget, **days):
    budget.refresh_from_db()
    return earned_facts(budget, rule="fifty_fifty", method="typical", on=timezone.localdate() + timedelta(**days))


def test_a_completed_project_has_earned_all_and_its_indices_stand_still(told, budget, manager, finance_user):
    today = timezone.localdate()
    close_project(project=told, status="completed", on=today, at=timezone.now(), by=manager)
    now, later = seen(budget), seen(budget, days=200)
    assert now.state.earned_value.value == now.state.budget_at_completion.value == 12_000_000
    assert (later.spi_t, later.state.spi) == (now.spi_t, now.state.spi)
    assert now.spi_t.value > 1
    assert later.until == today
    spent = later.state.actual_cost.value
    post_actual(line=budget.lines.get(category="people"), amount_minor=12_345, memo="Late", source="erp",
                external_id="L-1", effective_on=today, at=timezone.now(), by=finance_user)  # fmt: skip
    assert seen(budget, days=200).state.actual_cost.value == spent + 12_345
    assert "Ended" in {fact.label for fact in explain_earned("spit", budget, later, is_past=False).facts}


def test_a_killed_project_earns_no_more_and_its_time_stands_still(told, budget, manager):
    close_project(project=told, status="killed", on=timezone.localdate(), at=timezone.now(), by=manager)
    now, later = seen(budget), seen(budget, days=200)
    assert now.state.earned_value.value == 6_000_000
    assert later.spi_t == now.spi_t
