"""Who was right: Brier scores of stages and median errors of promised benefits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from outcomes.forecasters import WORTH_SAYING, brier, forecasters, median_error
from outcomes.services import change_benefit_plan, promise_benefit, realise_benefit
from portal.demo.calendar import at_that_time, evening
from projects.models import Station
from projects.services import assess_stage, end_project, enter_station

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
DAY = date(2026, 6, 15)
CHANCES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=WORTH_SAYING, max_size=30)


@pytest.fixture
def assess(project):
    def one(station, percent, *, on, by):
        with at_that_time(on):
            assess_stage(stage=project.stages.get(station=station), p_success_percent=percent, cost_minor=None, by=by)

    return one


@pytest.fixture
def reach(project, engineer):
    """Enter station after station, one a month from March on."""

    def to(last):
        for month, station in enumerate(list(Station)[1:], 3):
            enter_station(project=project, station=station, on=date(2026, month, 1), by=engineer)
            if station == last:
                return

    return to


def of(user, told):
    return next(each for each in told if each.user == user)


def test_a_few_forecasts_prove_nothing_and_say_so():
    assert brier([]).reason == "No forecast has come due yet."
    assert brier([(0.5, True)]).reason == "Only 1 forecast has come due; 3 are needed."
    assert (brier([(0.5, True)] * 2).value, brier([(0.5, True)] * 2).forecasts) == (None, 2)


@given(chances=CHANCES)
def test_a_brier_score_lies_between_perfect_and_wholly_wrong(chances):
    assert 0 <= brier(chances).value <= 1
    assert brier([(float(came), came) for _p, came in chances]).value == 0
    assert brier([(float(not came), came) for _p, came in chances]).value == 1
    assert brier([(0.5, came) for _p, came in chances]).value == 0.25


def test_an_error_is_measured_against_what_was_promised():
    assert median_error([(100, 100), (100, 50), (100, 120)]).value == 0.2
    assert median_error([(100, 0), (5, 0), (-100, -100)]).value == 1.0
    assert median_error([(100, 10)] * 3).value < median_error([(100, 0)] * 3).value, "a little is more than nothing"
    assert median_error([(0, 0), (0, 0), (0, 0)]).forecasts == 0


def test_every_change_before_the_end_of_a_stage_is_one_forecast_of_whoever_made_it(
    project, assess, reach, engineer, manager
):
    assess("demand", 60, on=date(2026, 2, 10), by=engineer)
    assess("demand", 60, on=date(2026, 2, 11), by=engineer)  # no change
    assess("data", 70, on=date(2026, 2, 12), by=engineer)
    assess("data", 90, on=date(2026, 3, 12), by=manager)
    assess("training", 80, on=date(2026, 2, 12), by=engineer)
    assess("demand", 100, on=date(2026, 3, 9), by=manager)  # by then everybody knew
    reach(Station.COMPRESSION)
    told = forecasters([project], DAY)
    assert of(engineer, told).stages.forecasts == 3
    assert of(engineer, told).stages.value == pytest.approx((0.4**2 + 0.3**2 + 0.2**2) / 3)
    assert (of(manager, told).stages.forecasts, of(manager, told).stages.value) == (1, None)


def test_a_kill_proves_wrong_who_hoped_for_that_stage_and_says_nothing_of_those_behind_it(
    project, assess, manager, engineer
):
    for day, percent in ((10, 90), (11, 80), (12, 90)):
        assess("demand", percent, on=date(2026, 2, day), by=engineer)
    for station in ("data", "training"):
        assess(station, 90, on=date(2026, 2, 10), by=engineer)
    assert forecasters([project], DAY) == []
    end_project(project=project, status="killed", on=date(2026, 4, 1), by=manager)
    stages = of(engineer, forecasters([project], DAY)).stages
    assert (stages.forecasts, stages.value) == (3, pytest.approx((0.81 + 0.64 + 0.81) / 3))
    assert forecasters([project], date(2026, 3, 31)) == []


def test_promises_are_held_against_the_latest_word_on_each_month(project, engineer, manager):
    months = [date(2026, month, 1) for month in range(1, 5)]
    benefit = promise_benefit(project=project, name="Sorting", kind="cashable", owner=manager, currency="EUR",
                              plan=dict.fromkeys(months, 1_000), at=AT, by=manager)  # fmt: skip
    for month, actual in zip(months[:3], (1_000, 500, 2_000), strict=True):
        realise_benefit(benefit=benefit, month=month, actual_minor=actual, at=AT, by=manager)
    assert of(manager, forecasters([project], DAY)).benefits.value == 0.5
    corrected = AT + timedelta(days=2)
    realise_benefit(benefit=benefit, month=months[1], actual_minor=1_000, at=corrected, by=manager)
    assert of(manager, forecasters([project], DAY)).benefits.value == 0.5
    later = forecasters([project], date(2026, 6, 17))
    assert (of(manager, later).benefits.value, of(manager, later).benefits.forecasts) == (0.0, 3)


def test_whoever_plans_anew_once_a_month_has_begun_has_not_promised_better(project, engineer, manager, monkeypatch):
    months = [date(2026, month, 1) for month in range(1, 4)]
    benefit = promise_benefit(project=project, name="Sorting", kind="cashable", owner=manager, currency="EUR",
                              plan=dict.fromkeys(months, 1_000), at=AT, by=manager)  # fmt: skip
    for day, promise in ((date(2025, 12, 20), 800), (date(2026, 1, 20), 600), (date(2026, 5, 1), 400)):
        monkeypatch.setattr("people.services.timezone.now", lambda day=day: evening(day))
        change_benefit_plan(benefit=benefit, plan=dict.fromkeys(months, promise), by=manager)
    for month in months:
        realise_benefit(benefit=benefit, month=month, actual_minor=400, at=AT, by=manager)
    told = of(manager, forecasters([project], DAY)).benefits
    assert told.value == pytest.approx(1 / 3), "800 was promised for January, 600 for February and March"


def test_forecasters_are_found_in_six_queries(project, assess, reach, engineer, manager):
    for percent, by in ((50, engineer), (60, manager), (70, engineer)):
        assess("demand", percent, on=date(2026, 2, 5 + percent // 10), by=by)
    reach(Station.DATA)
    with CaptureQueriesContext(connection) as queries:
        told = forecasters([project], DAY)
    assert [each.user for each in told] == [manager, engineer]
    assert len(queries) <= 6
