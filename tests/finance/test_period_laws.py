"""Periods, for all days: they tile the calendar, and what one posting is told, a batch is told too."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import FiscalPeriod
from finance.services.period import (
    demand_open,
    first_open_day,
    open_periods,
    refused_days,
    set_period_status,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = datetime(2026, 11, 1, 12, tzinfo=UTC)  # no day is ahead of it
STATUS = st.sampled_from(["open", "soft_closed", "closed"])
DAY = st.dates(date(2025, 11, 1), date(2026, 9, 30))
SPANS = st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 14)), min_size=1, max_size=4)
WITH_ROWS = settings(max_examples=30)


@WITH_ROWS
@given(spans=SPANS)
def test_months_are_opened_once_each_without_gap_or_overlap(spans, finance_user):
    with transaction.atomic():
        due = set()
        for first, count in spans:
            opened = open_periods(first=first, months=count, by=finance_user)
            assert opened[0].starts_on == first.replace(day=1)
            assert all(one.ends_on == other.starts_on for one, other in pairwise(opened))
            due |= {period.starts_on for period in opened}
            assert len(opened) == count
        periods = list(FiscalPeriod.objects.order_by("starts_on"))
        assert {period.starts_on for period in periods} == due
        assert all(one.ends_on <= other.starts_on for one, other in pairwise(periods))
        assert all(FiscalPeriod.objects.of(period.ends_on - timedelta(days=1)) == period for period in periods)
        transaction.set_rollback(True)


@WITH_ROWS
@given(
    statuses=st.lists(STATUS, min_size=1, max_size=6),
    days=st.lists(DAY, min_size=1, max_size=6),
    by=st.integers(0, 2),
)
def test_a_batch_is_refused_the_days_that_one_posting_is_refused(statuses, days, by, finance_user, engineer):
    with transaction.atomic():
        for period, status in zip(
            open_periods(first=date(2026, 1, 1), months=len(statuses), by=finance_user), statuses, strict=True
        ):
            set_period_status(period=period, status=status, at=NOW, by=finance_user)
        who = [None, finance_user, engineer][by]
        refused = set()
        for day in days:
            try:
                demand_open(day, at=LATE, by=who)
            except ValidationError:
                refused.add(day)
        assert set(refused_days(days, at=LATE, by=who)) == refused
        for day in days:
            later = first_open_day(day)
            demand_open(later, at=LATE, by=engineer)
            assert later == day or day in refused_days([day], at=LATE, by=engineer)
        transaction.set_rollback(True)
