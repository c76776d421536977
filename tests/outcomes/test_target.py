"""Targets by period, and the light of a KPI by its aggregation and direction."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outcomes.kpi_status import State, aggregate, judge, kpi_statuses
from outcomes.models import Kpi
from outcomes.services import define_kpi, record_measurement, set_target

AT = datetime(2026, 4, 20, 9, tzinfo=UTC)
QUARTER = {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 7, 1)}


@pytest.fixture
def target(kpi, engineer):
    def set_one(of=None, **terms):
        terms = QUARTER | {"value": 4.0, "amber": 4.5, "red": 5.5, "at": AT, "by": engineer} | terms
        return set_target(kpi=of or kpi, **terms)

    return set_one


def code_of(refusal, field=None):
    return refusal.value.error_dict[field][0].code if field else refusal.value.code


def test_a_target_is_set_and_changed_while_its_period_runs(target, kpi):
    target()
    assert target(amber=4.8).amber == 4.8
    assert kpi.targets.count() == 1


def test_the_target_of_a_past_period_stays(target):
    target()
    with pytest.raises(ValidationError) as refusal:
        target(value=4.2, at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert code_of(refusal) == "period_over"


@pytest.mark.parametrize(("limits", "field"), [({"amber": 3.9}, "amber"), ({"red": 4.4}, "red")])
def test_limits_go_from_good_to_bad(target, limits, field):
    with pytest.raises(ValidationError) as refusal:
        target(**limits)
    assert code_of(refusal, field) == "limits_out_of_order"


def test_limits_of_a_rising_kpi_lie_below_its_target(target, project, engineer):
    rising = define_kpi(project=project, name="Offers", unit="%", direction="higher", baseline=1, target=9,
                        owner=engineer, by=engineer)  # fmt: skip
    assert target(rising, value=9, amber=8, red=5).pk
    with pytest.raises(ValidationError) as refusal:
        target(rising, starts_on=date(2026, 7, 1), ends_on=date(2026, 8, 1), value=9, amber=10, red=5)
    assert code_of(refusal, "amber") == "limits_out_of_order"


def test_periods_do_not_overlap(target):
    target()
    with pytest.raises(ValidationError) as refusal:
        target(starts_on=date(2026, 6, 30), ends_on=date(2026, 8, 1))
    assert code_of(refusal) == "overlap"
    assert target(starts_on=date(2026, 7, 1), ends_on=date(2026, 8, 1)).pk


def test_a_limit_that_is_no_number_is_refused(target):
    with pytest.raises(ValidationError) as refusal:
        target(red=float("nan"))
    assert code_of(refusal, "red") == "not_finite"


@pytest.mark.parametrize(
    ("sign", "value", "state"),
    [(-1, 4.5, State.GREEN), (-1, 4.6, State.AMBER), (-1, 5.5, State.AMBER), (-1, 5.6, State.RED),
     (1, 5.5, State.GREEN), (1, 5.0, State.AMBER), (1, 4.4, State.RED)],
)  # fmt: skip
def test_the_light_changes_beyond_its_limits(sign, value, state):
    amber, red = (4.5, 5.5) if sign < 0 else (5.5, 4.5)
    assert judge(value, target=4.0, amber=amber, red=red, better_sign=sign).state == state


def test_each_aggregation_makes_one_figure_of_a_period():
    at = [AT + timedelta(days=day) for day in range(3)]
    readings = [(at[2], AT, 3.0), (at[0], AT, 1.0), (at[1], AT, 9.0), (at[1], AT + timedelta(hours=1), 2.0)]
    assert [aggregate(readings, how) for how in Kpi.Aggregation] == [2.0, 6.0, 3.0]
    assert aggregate([], "sum") is None


def test_a_sum_is_judged_by_the_share_of_its_period(kpi, target, engineer):
    """10 of 91 days have passed: 10 is the whole target's share of 91."""
    Kpi.objects.filter(pk=kpi.pk).update(aggregation="sum")
    kpi.refresh_from_db()
    target(value=91, amber=91, red=182)
    record_measurement(kpi=kpi, value=10, measured_at=AT, recorded_at=AT, by=engineer)
    status = kpi_statuses([kpi], date(2026, 4, 20))[kpi.pk]
    assert (status.value, status.target, status.state) == (10, 20, State.GREEN)


def test_what_was_not_known_on_a_day_does_not_count_on_it(kpi, target, engineer):
    target()
    record_measurement(kpi=kpi, value=4.0, measured_at=AT, recorded_at=AT, by=engineer)
    record_measurement(kpi=kpi, value=6.0, measured_at=AT, recorded_at=AT + timedelta(days=5), by=engineer)
    assert kpi_statuses([kpi], date(2026, 4, 20))[kpi.pk].state == State.GREEN
    assert kpi_statuses([kpi], date(2026, 4, 25))[kpi.pk].state == State.RED


def test_what_is_not_known_says_why(kpi, target):
    assert "target" in kpi_statuses([kpi], date(2026, 4, 20))[kpi.pk].reason
    target()
    status = kpi_statuses([kpi], date(2026, 4, 20))[kpi.pk]
    assert (status.state, status.target) == (State.UNKNOWN, 4.0)
    assert "measured" in status.reason


def test_the_lights_of_many_kpis_take_two_queries(project, engineer, target):
    kpis = [define_kpi(project=project, name=f"K{n}", unit="%", direction="lower", baseline=9, target=4,
                       owner=engineer, by=engineer) for n in range(5)]  # fmt: skip
    for kpi in kpis:
        target(kpi)
    with CaptureQueriesContext(connection) as queries:
        assert len(kpi_statuses(kpis, date(2026, 4, 20))) == 5
    assert len(queries) == 2
