"""Days of the story, counted back from the day on which it is told."""

import calendar
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from projects.models import Milestone, Project, Risk, Stage


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier (later when negative), or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_ends(first: date, until: date) -> list[date]:
    """The last day of each month from the month of `first` that is over on `until`."""
    ends, month = [], first.replace(day=1)
    while (following := months_before(month, -1)) <= until:
        ends.append(following - timedelta(days=1))
        month = following
    return ends


def evening(day: date) -> datetime:
    return datetime.combine(day, time(18, 0), UTC)


@contextmanager
def at_that_time(day: date) -> Iterator[None]:
    """What is written here goes into the history of its row as of the evening of that day."""
    models: tuple[Any, ...] = (Project, Stage, Milestone, Risk)
    for model in models:
        model._history_date = evening(day)
    try:
        yield
    finally:
        for model in models:
            del model._history_date
