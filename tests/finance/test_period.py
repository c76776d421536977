"""Periods: a closed one takes no posting and never moves; what belongs there is adjusted, visibly, in an open one."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError

from finance.models import CostCentre, FiscalPeriod, JournalEntry
from finance.services.journal import post_actual, reverse_entry
from finance.services.period import (
    ControlTotal,
    add_cost_centre,
    control_totals,
    demand_open,
    first_open_day,
    open_periods,
    set_period_status,
)
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def periods(finance_user):
    return open_periods(first=date(2025, 11, 17), months=6, by=finance_user)


@pytest.fixture
def shut(periods, finance_user):
    """Set the period of a day to a status."""

    def set_one(day, status="closed"):
        period = FiscalPeriod.objects.of(day)
        return set_period_status(period=period, status=status, at=NOW, by=finance_user)

    return set_one


@pytest.fixture
def post(compute_line, finance_user):
    def post_one(external_id="1", on=FEBRUARY, amount_minor=1_000, by=finance_user, source="erp"):
        return post_actual(line=compute_line, amount_minor=amount_minor, memo="Bill", source=source,
                           external_id=external_id, effective_on=on, at=NOW, by=by)  # fmt: skip

    return post_one


def code_of(act, *arguments, **named):
    with pytest.raises(ValidationError) as refusal:
        act(*arguments, **named)
    return refusal.value.code


def test_periods_are_calendar_months_without_gaps(periods):
    spans = [(period.name, period.starts_on, period.ends_on) for period in periods]
    assert spans[0] == ("2025-11", date(2025, 11, 1), date(2025, 12, 1))
    assert spans[-1] == ("2026-04", date(2026, 4, 1), date(2026, 5, 1))
    assert all(before[2] == after[1] for before, after in pairwise(spans))


def test_a_month_that_has_a_period_keeps_it(periods, shut, finance_user):
    closed = shut(FEBRUARY)
    again = open_periods(first=FEBRUARY, months=4, by=finance_user)
    assert (again[0].pk, again[0].status, len(again)) == (closed.pk, "closed", 4)
    assert FiscalPeriod.objects.count() == 7


def test_a_period_overlaps_no_other(finance_user):
    FiscalPeriod.objects.create(name="Q1", starts_on=date(2026, 1, 15), ends_on=date(2026, 4, 1))
    assert code_of(open_periods, first=JANUARY, months=1, by=finance_user) == "periods_overlap"
    assert code_of(open_periods, first=JANUARY, months=0, by=finance_user) == "no_months"


def test_a_closed_period_takes_no_posting(post, shut, compute_line):
    shut(FEBRUARY)
    with pytest.raises(ValidationError) as refusal:
        post()
    assert refusal.value.code == "period_closed"
    assert "2026-03-01" in refusal.value.messages[0]
    compute_line.refresh_from_db()
    assert (compute_line.spent_minor, JournalEntry.objects.count()) == (0, 0)


def test_a_soft_closed_period_takes_postings_of_finance_alone(post, shut, engineer):
    shut(FEBRUARY, "soft_closed")
    assert code_of(post, by=engineer) == "period_closed"
    post()
    shut(FEBRUARY, "open")
    post("2", by=engineer)


def test_a_day_without_a_period_takes_postings(post, periods):
    assert post(on=date(2020, 1, 1)).effective_on == date(2020, 1, 1)


def test_nothing_is_posted_before_the_books_once_a_period_is_shut(post, shut):
    shut(FEBRUARY)
    with pytest.raises(ValidationError) as refusal:
        post(on=date(2020, 1, 1))
    assert refusal.value.code == "before_the_books"
    assert "Post it on 2025-11-01 or later." in refusal.value.messages[0]


def test_nothing_is_posted_beyond_the_month_in_which_it_is_posted(post):
    post("1", on=date(2026, 3, 31))
    with pytest.raises(ValidationError) as refusal:
        post("2", on=date(2026, 4, 1))
    assert (refusal.value.code, "2026-03-31" in refusal.value.messages[0]) == ("too_far_ahead", True)


def test_where_the_running_month_is_shut_the_next_one_takes_postings(post, shut):
    shut(MARCH)
    assert post("1", on=date(2026, 4, 30)).effective_on == date(2026, 4, 30)
    assert code_of(post, "2", on=date(2026, 5, 1)) == "too_far_ahead"


def test_an_entry_is_not_reversed_before_it_counts(post, finance_user):
    entry = post(on=MARCH)
    assert code_of(reverse_entry, entry=entry, memo="No", effective_on=FEBRUARY, at=NOW, by=finance_user) == (
        "before_its_entry"
    )


@pytest.mark.parametrize("status", ["open", "soft_closed", "closed"])
def test_closed_is_for_ever(shut, status):
    closed = shut(FEBRUARY)
    assert (closed.closed_at, closed.closed_by.username) == (NOW, "ruben.castillo")
    assert code_of(shut, FEBRUARY, status) == "period_closed"
    closed.refresh_from_db()
    assert closed.status == "closed"


def test_an_unknown_status_is_refused(shut):
    with pytest.raises(ValidationError):
        shut(FEBRUARY, "ajar")


def test_closing_is_never_earlier_than_what_was_posted(post, periods, finance_user):
    entry = post()
    period = FiscalPeriod.objects.of(FEBRUARY)
    set_period_status(period=period, status="closed", at=NOW - timedelta(days=1), by=finance_user)
    assert period.closed_at == entry.posted_at
    assert AuditEntry.objects.filter(verb="set_period_status").count() == 1


def test_an_entry_of_a_closed_period_is_reversed_in_an_open_one(post, shut, periods, finance_user):
    entry = post()
    closed = shut(FEBRUARY)
    before = control_totals(closed)
    reverse = {"entry": entry, "memo": "Wrong project", "at": NOW, "by": finance_user}
    assert code_of(reverse_entry, **reverse, effective_on=date(2026, 2, 28)) == "period_closed"
    reverse_entry(**reverse, effective_on=MARCH)
    assert control_totals(closed) == before == [ControlTotal("erp", "EUR", 1, 1_000, 1_000)]
    assert control_totals(FiscalPeriod.objects.of(MARCH)) == [ControlTotal("reversal", "EUR", 1, 1_000, 1_000)]


def test_control_totals_are_by_source_and_by_the_days_of_the_period(post, periods):
    post("1", FEBRUARY, 100)
    post("2", date(2026, 2, 28), -30)
    post("3", MARCH, 1_000)
    post("4", FEBRUARY, 7, source="cloud")
    post("5", date(2026, 1, 31), 1_000)
    assert control_totals(FiscalPeriod.objects.of(FEBRUARY)) == [
        ControlTotal("cloud", "EUR", 1, 7, 7),
        ControlTotal("erp", "EUR", 2, 130, 130),
    ]


def test_the_first_open_day_skips_whatever_does_not_take_everybodys_postings(shut):
    shut(FEBRUARY)
    shut(MARCH, "soft_closed")
    assert first_open_day(date(2026, 2, 17)) == date(2026, 4, 1)
    assert first_open_day(date(2026, 1, 17)) == date(2026, 1, 17)
    assert first_open_day(date(2030, 1, 17)) == date(2030, 1, 17)


def test_the_portal_itself_posts_into_a_soft_closed_period(shut):
    shut(FEBRUARY, "soft_closed")
    demand_open(FEBRUARY, at=NOW, by=None)


def centre(owner, **more):
    fields = {"code": "4711", "name": "Research", "owner": owner, "valid_from": FEBRUARY, "by": owner}
    return add_cost_centre(**fields | more)


def test_a_cost_centre_has_its_time_and_its_place(finance_user):
    whole = centre(finance_user)
    part = centre(finance_user, code="4711-1", parent=whole, valid_to=MARCH)
    assert part.parent == whole
    with pytest.raises(ValidationError) as refusal:
        centre(finance_user, code="4712", valid_to=FEBRUARY)
    assert "valid_to" in refusal.value.error_dict
    with pytest.raises(ValidationError):
        centre(finance_user)
    assert CostCentre.objects.count() == 2


@pytest.mark.parametrize(
    ("on", "is_valid"), [(date(2026, 1, 31), 0), (FEBRUARY, 1), (date(2026, 2, 28), 1), (MARCH, 0)]
)
def test_an_actual_is_on_a_cost_centre_that_is_valid_on_its_day(compute_line, finance_user, on, is_valid):
    posting = {"line": compute_line, "amount_minor": 5, "memo": "x", "source": "erp", "external_id": "1", "at": NOW,
               "effective_on": on, "by": finance_user, "station": "data",
               "cost_centre": centre(finance_user, valid_to=MARCH)}  # fmt: skip
    if not is_valid:
        assert code_of(post_actual, **posting) == "cost_centre_not_valid"
        return
    side = post_actual(**posting).entries.get(account="expense")
    assert (side.cost_centre.code, side.station) == ("4711", "data")
