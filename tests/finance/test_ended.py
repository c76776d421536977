"""No new money flows into a project that has ended; what was owed before is still invoiced and corrected."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from finance.services.budget import approve_budget, reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual, reverse_entry
from finance.services.period import open_periods
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    change_draft,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from projects.models import Station
from projects.services import end_project

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = NOON.date()
ORDER = {"amount_minor": 700, "supplier": "Labels Ltd", "memo": "Labels", "source": "erp", "at": NOON}


@pytest.fixture
def line(budget):
    return budget.lines.get(category="people")


@pytest.fixture(params=["killed", "completed"])
def end(request, project, manager):
    return lambda: end_project(project=project, status=request.param, on=END, by=manager)


def code_of(verb, **given):
    with pytest.raises(ValidationError) as refusal:
        verb(**given)
    return refusal.value.code


def test_nothing_is_ordered_or_held_for_an_ended_project(line, end, finance_user):
    known = commit(line=line, external_id="1", by=finance_user, **ORDER)
    end()
    assert code_of(commit, line=line, external_id="2", by=finance_user, **ORDER) == "project_ended"
    assert commit(line=line, external_id="1", by=finance_user, **ORDER) == known
    given = {"line": line, "amount_minor": 5, "reference": "travel", "at": NOON, "by": finance_user}
    assert code_of(reserve, **given) == "project_ended"
    line.refresh_from_db()
    assert (line.reserved_minor, line.committed_minor) == (0, 700)


def test_no_money_is_planned_or_released_for_an_ended_project(project, budget, end, manager):
    (period,) = open_periods(first=date(2026, 6, 1), months=1, by=None)
    plan = {"lines": [PlannedAmount(period, "people", "data", 1_000)], "reason": "More", "by": manager}
    metered = open_budget(project=project, name="2027", currency="EUR", at=NOON, by=manager)
    first = draft_version(budget=metered, at=NOON, **plan)
    approve_version(version=first, at=NOON, by=manager)
    (tranche,) = plan_tranches(budget=metered, tranches={Station.DATA: {"people": 500}}, by=manager)
    draft = draft_version(budget=budget, at=NOON, **plan)
    end()
    new = {"project": project, "currency": "EUR", "by": manager}
    tranches = {Station.TRAINING: {"people": 100}}
    for verb, given in (
        (approve_budget, {"name": "2028", "lines": {"people": 1}, "on": END, **new}),
        (open_budget, {"name": "2028", "at": NOON, **new}),
        (draft_version, {"budget": budget, "at": NOON, **plan}),
        (change_draft, {"version": draft, **plan}),
        (approve_version, {"version": draft, "at": NOON, "by": manager}),
        (plan_tranches, {"budget": metered, "tranches": tranches, "by": manager}),
        (release_tranche, {"tranche": tranche, "reference": "x", "at": NOON, "by": manager}),
    ):
        assert code_of(verb, **given) == "project_ended", verb


def test_a_late_invoice_is_posted_and_reversed(line, end, finance_user):
    order = commit(line=line, external_id="1", by=finance_user, **ORDER)
    end()
    given = {"line": line, "memo": "Invoice", "source": "erp", "effective_on": END, "at": NOON, "by": finance_user}
    post_actual(**given, amount_minor=50, external_id="i-1")
    invoice = post_actual(**given, amount_minor=700, external_id="i-2", commitment=order)
    reverse_entry(entry=invoice, memo="Wrong", effective_on=END, at=NOON, by=finance_user)
    line.refresh_from_db()
    assert line.spent_minor == 50
