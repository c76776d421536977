"""Owners are reminded once a month of what nobody reported; months recorded early are weighed once they are over."""

from datetime import UTC, date, datetime

import pytest

from outcomes.services import promise_benefit, realise_benefit, remind_owners, weigh_early_records
from outcomes.tasks import look_after_benefits
from people.models import Notice
from projects.models import Demand

MONTHS = [date(2026, month, 1) for month in range(3, 7)]


def at(month, day):
    return datetime(2026, month, day, 9, tzinfo=UTC)


@pytest.fixture
def benefit(project, stranger, manager):
    """Promised from March to June, its owner in the business."""
    return promise_benefit(project=project, name="Hand sorting saved", kind="cashable", owner=stranger, currency="EUR",
                           plan=dict.fromkeys(MONTHS, 100_000), at=at(2, 1), by=manager)  # fmt: skip


@pytest.fixture
def realise(benefit, stranger):
    def one(month, actual_minor, moment):
        return realise_benefit(benefit=benefit, month=month, actual_minor=actual_minor, at=moment, by=stranger)

    return one


@pytest.fixture
def noted(monkeypatch):
    """Notices are left at the moment that is set last."""

    def set_to(moment):
        monkeypatch.setattr("people.notices.timezone.now", lambda: moment)
        return moment

    return set_to


def test_an_owner_is_reminded_once_a_month_on_the_page_of_his_benefit(benefit, stranger, noted):
    assert remind_owners(at=noted(at(5, 10))) == 1
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.url) == (stranger, "report_due", benefit.get_absolute_url())
    assert notice.text == (
        "What did “Hand sorting saved” bring since 2026-03? 2 promised months are over and nobody has said."
    )
    assert remind_owners(at=noted(at(5, 11))) == 0
    assert remind_owners(at=noted(at(6, 6))) == 1


def test_figures_take_some_days_and_what_is_reported_is_not_asked_for(benefit, realise):
    assert remind_owners(at=at(5, 5)) == 0
    for month in MONTHS[:2]:
        realise(month, 100_000, at(5, 6))
    assert remind_owners(at=at(5, 10)) == 0


def test_one_month_is_asked_for_by_its_name(benefit):
    remind_owners(at=at(4, 10))
    assert Notice.objects.get().text.endswith("bring in 2026-03? The month is over and nobody has said.")


def test_who_has_left_is_not_reminded(benefit, stranger):
    type(stranger).objects.filter(pk=stranger.pk).update(is_active=False)
    assert remind_owners(at=at(5, 10)) == 0


def test_what_was_recorded_while_a_month_ran_is_weighed_once_it_is_over(benefit, realise):
    realise(MONTHS[0], 100_000, at(4, 2))
    realise(MONTHS[1], 60_000, at(5, 2))
    realise(MONTHS[2], 0, at(5, 20))
    assert weigh_early_records(at=at(5, 21)) == 0
    assert weigh_early_records(at=at(6, 1)) == 1
    assert Demand.objects.get().evidence["months"] == ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert weigh_early_records(at=at(6, 2)) == 0


def test_the_clock_looks_after_benefits(benefit):
    look_after_benefits()
    assert Notice.objects.filter(kind="report_due").count() <= 1  # in the first days of a month nobody is asked
