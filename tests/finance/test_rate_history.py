"""Rates of roles, for all histories: each day has one, what was known when stays known, and none is counted twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import BudgetLine, JournalEntry, LedgerEntry, RoleRate, TimeEntry
from finance.money import labour_minor
from finance.services.labour import record_role_rate, record_time
from people.services import add_job_role, record_employment

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
DAY = st.dates(date(2026, 1, 1), date(2026, 3, 31))
HISTORY = st.lists(
    st.tuples(st.sampled_from(["ml", "ops"]), DAY, st.none() | st.integers(1, 60), st.integers(0, 20_000)), max_size=8
)
WITH_ROWS = settings(max_examples=25)


@pytest.fixture
def roles(db):
    return {code: add_job_role(code=code, name=code, by=None) for code in ("ml", "ops")}


def record(history, roles, by, start=0):
    return [
        record_role_rate(role=roles[role], hour_minor=hour, currency="EUR", valid_from=first,
                         valid_to=days and first + timedelta(days=days), source="erp", external_id=str(start + number),
                         at=NOW + timedelta(minutes=start + number), by=by)
        for number, (role, first, days, hour) in enumerate(history)
    ]  # fmt: skip


def naive(history, role, on):
    """The row with the latest first day that holds, of equal ones the last told."""
    known = [
        (first, number)
        for number, (its_role, first, days, _hour) in enumerate(history)
        if its_role == role and first <= on and (days is None or on < first + timedelta(days=days))
    ]
    return max(known)[1] if known else None


@WITH_ROWS
@given(history=HISTORY, on=DAY, known=st.integers(0, 8))
def test_each_day_has_the_rate_that_was_known_at_the_moment_asked_for(history, on, known, roles, finance_user):
    with transaction.atomic():
        rates = record(history, roles, finance_user)
        found = {code: RoleRate.objects.in_force(role, on) for code, role in roles.items()}
        due = {code: naive(history, code, on) for code in roles}
        assert found == {code: None if number is None else rates[number] for code, number in due.items()}
        assert RoleRate.objects.all_in_force(on) == {rate.pk for rate in found.values() if rate}
        then = RoleRate.objects.in_force(roles["ml"], on, known_at=NOW + timedelta(minutes=known - 1))
        number = naive(history[:known], "ml", on)
        assert then == (None if number is None else rates[number])
        transaction.set_rollback(True)


@WITH_ROWS
@given(history=HISTORY, later=HISTORY, days=st.lists(DAY, min_size=1, max_size=5))
def test_time_is_priced_by_one_rate_and_no_later_one_rewrites_it(
    history, later, days, roles, department, budget, finance_user
):
    with transaction.atomic():
        known = [("ml", date(2026, 1, 1), None, 6_000), *history]
        rates = record(known, roles, finance_user)
        person = record_employment(source="hr", external_id="1", name="L", role=roles["ml"], department=department,
                                   fte_percent=100, valid_from=date(2026, 1, 1), at=NOW, by=finance_user)  # fmt: skip
        line = BudgetLine.objects.get(budget=budget, category="people")
        for number, day in enumerate(days):
            entry = record_time(employment=person, line=line, worked_on=day, minutes=61, source="hr",
                                external_id=str(number), at=NOW, by=finance_user)  # fmt: skip
            assert entry.role_rate == rates[naive(known, "ml", day)]
        due = sum(labour_minor(61, known[naive(known, "ml", day)][3]) for day in days)
        before = [list(model.objects.order_by("pk").values_list()) for model in (JournalEntry, LedgerEntry, TimeEntry)]
        rates += record(later, roles, finance_user, start=len(known))
        assert [list(m.objects.order_by("pk").values_list()) for m in (JournalEntry, LedgerEntry, TimeEntry)] == before
        line.refresh_from_db()
        assert line.spent_minor == due
        priced = [entry.pk for rate in rates for entry in TimeEntry.objects.priced_by(rate)]
        assert sorted(priced) == sorted(TimeEntry.objects.values_list("pk", flat=True))
        transaction.set_rollback(True)
