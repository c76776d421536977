"""Targets by period, and the light of a KPI by its aggregation and direction."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.kpi_status import State, aggregate, figures, judge, status_in_period
from outcomes.models import Kpi, KpiTarget, Measurement
from outcomes.services import define_kpi, record_measurement, set_target

AT = datetime(2026, 4, 20, 9, tzinfo=UTC)
DAY = AT.date()
QUARTER = {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 7, 1)}


@pytest.fixture
def target(kpi, engineer, monkeypatch):
    def set_one(of=None, **terms):
        terms = QUARTER | {"value": 4.0, "amber": 4.5, "red": 5.5, "at": AT, "by": engineer} | terms
        with monkeypatch.context() as then:
            then.setattr(timezone, "now", lambda: terms["at"])
            return set_target(kpi=of or kpi, **terms)

    return set_one


@pytest.fixture
def measure(kpi, engineer):
    def record(value, at=AT, recorded_at=None, of=None):
        return record_measurement(
            kpi=of or kpi, value=value, measured_at=at, recorded_at=recorded_at or at, by=engineer
        )

    return record


@pytest.fixture
def by(kpi):
    """The KPI with another aggregation."""

    def change(aggregation):
        Kpi.objects.filter(pk=kpi.pk).update(aggregation=aggregation)
        kpi.refresh_from_db()
        return kpi

    return change


def figure_of(kpi, on=DAY):
    (figure,) = figures(Kpi.objects.filter(pk=kpi.pk), Measurement.objects.known_on(on), on)
    return figure


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


def test_a_sum_is_judged_by_the_share_of_its_period(by, target, measure):
    """20 of 91 days have passed: 20 is their share of the whole target, and half of it is half of the way."""
    kpi = by("sum")
    Kpi.objects.filter(pk=kpi.pk).update(direction="higher", baseline=0, target=91)
    kpi.refresh_from_db()
    target(value=91, amber=91, red=45.5)
    measure(4, AT - timedelta(days=3))
    measure(6)
    figure = figure_of(kpi)
    assert (figure.value, figure.status.target, figure.status.state) == (10, 20, State.AMBER)
    assert (figure.reached, figure.status.limit) == (pytest.approx(0.5), 20)
    assert (figure.at, figure.since) == (AT, date(2026, 4, 1))


def test_a_mean_is_of_the_period_alone(by, target, measure):
    kpi = by("mean")
    target()
    for value, at in ((50, datetime(2026, 3, 31, 12, tzinfo=UTC)), (3, AT - timedelta(days=2)), (6, AT)):
        measure(value, at)
    figure = figure_of(kpi)
    assert (figure.value, figure.status.state) == (4.5, State.GREEN)
    assert figure.reached == pytest.approx((7.1 - 4.5) / (7.1 - 3))


@pytest.mark.parametrize(("aggregation", "value"), [("last", 9.0), ("sum", 15.0), ("mean", 7.5)])
def test_without_a_target_a_mean_or_a_sum_is_of_ninety_days(by, measure, aggregation, value):
    kpi = by(aggregation)
    for each, days in ((100, 90), (6, 89), (9, 0)):
        measure(each, AT - timedelta(days=days))
    figure = figure_of(kpi)
    assert (figure.value, figure.share, figure.status.state) == (value, 1.0, State.UNKNOWN)


def test_a_period_in_which_nothing_was_measured_has_no_mean_and_no_light(by, target, measure):
    measure(5.0, AT - timedelta(days=40))
    target()
    for aggregation, value in (("mean", None), ("sum", None), ("last", 5.0)):
        figure = figure_of(by(aggregation))
        assert (figure.value, figure.status.state) == (value, State.UNKNOWN)
        assert "measured" in figure.status.reason


@pytest.mark.parametrize("aggregation", Kpi.Aggregation)
def test_the_batch_and_the_table_of_the_page_say_the_same(by, target, measure, aggregation):
    kpi = by(aggregation)
    target()
    for hour, value in enumerate((7.0, 3.0, 4.0, 9.5)):
        measure(value, AT - timedelta(hours=hour))
    for value in (2.0, 2.5):
        measure(value, AT - timedelta(hours=1), recorded_at=AT)  # of two corrections of one moment the later row
    readings = Measurement.objects.order_by("recorded_at", "pk").values_list("measured_at", "recorded_at", "value")
    of_table = status_in_period(kpi, KpiTarget.objects.get(), readings, DAY)
    assert figure_of(kpi).status == of_table


@pytest.mark.parametrize("aggregation", Kpi.Aggregation)
def test_what_was_not_known_on_a_day_does_not_count_on_it(by, target, measure, aggregation):
    kpi = by(aggregation)
    target(value=0.1, amber=4.5, red=5.5)
    Kpi.objects.filter(pk=kpi.pk).update(direction="lower")
    measure(1.0)
    measure(60.0, recorded_at=AT + timedelta(days=5))
    assert figure_of(kpi, date(2026, 4, 20)).value == 1.0
    assert figure_of(kpi, date(2026, 4, 25)).value == 60.0
    assert figure_of(kpi, date(2026, 4, 25)).status.state == State.RED


@pytest.mark.parametrize("aggregation", Kpi.Aggregation)
def test_a_past_day_is_judged_by_the_target_that_was_set_then(by, target, measure, aggregation):
    kpi = by(aggregation)
    measure(5.0, AT - timedelta(days=2))
    target(value=91, amber=91, red=91, at=AT)
    assert figure_of(kpi, date(2026, 4, 19)).status.target is None
    target(value=0.001, amber=0.001, red=0.001, ends_on=date(2026, 4, 26), at=AT + timedelta(days=5))
    assert figure_of(kpi, date(2026, 4, 24)).status.state == State.GREEN
    assert figure_of(kpi, date(2026, 4, 25)).status.state == State.RED
    assert figure_of(kpi, date(2026, 4, 27)).status.target is None


def test_a_period_that_was_shortened_since_ran_on_that_day(kpi, target, measure):
    measure(4.0)
    target()
    target(ends_on=date(2026, 4, 26), at=AT + timedelta(days=5))
    assert figure_of(kpi, date(2026, 4, 24)).status.state == State.GREEN
    target(starts_on=date(2026, 4, 26), value=1, amber=1, red=1, at=AT + timedelta(days=6))
    assert figure_of(kpi, date(2026, 4, 26)).status.target == 1


def test_what_is_not_known_says_why(kpi, target):
    assert "target" in figure_of(kpi).status.reason
    target()
    status = figure_of(kpi).status
    assert (status.state, status.target) == (State.UNKNOWN, 4.0)
    assert "measured" in status.reason


def test_the_figures_of_many_kpis_take_the_same_queries(project, engineer, target, measure):
    """Of today three, with the sums and means; of a past day one more for the targets that were changed since."""

    def asked(on):
        with CaptureQueriesContext(connection) as queries:
            assert figures(Kpi.objects.all(), Measurement.objects.known_on(on), on)
        return len(queries)

    today = timezone.localdate()
    for name in range(6):
        kpi = define_kpi(project=project, name=f"K{name}", unit="%", direction="lower", baseline=9, target=4,
                         owner=engineer, by=engineer)  # fmt: skip
        Kpi.objects.filter(pk=kpi.pk).update(aggregation=list(Kpi.Aggregation)[name % 3])
        target(kpi, starts_on=date(2026, 4, 1 + name))
        target(kpi, starts_on=today - timedelta(days=name), ends_on=today + timedelta(days=9), at=timezone.now())
        measure(5.0, of=kpi)
        assert (asked(DAY), asked(today)) == (4, 3)
