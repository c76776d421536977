"""How far key results and their objectives have come."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from outcomes.kpi_status import Goal
from outcomes.models import Kpi
from outcomes.progress import Progress, objective_progress, together, way
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement

AT = datetime(2026, 4, 20, 9, tzinfo=UTC)
DAY = date(2026, 4, 20)
FIGURE = st.floats(-1e9, 1e9)
PARTS = st.lists(st.tuples(st.integers(1, 10), st.none() | st.floats(-3, 3)), min_size=1, max_size=8)


@pytest.fixture
def make_objective(project, engineer, manager, monkeypatch):
    def make(title, *kpis, **terms):
        with monkeypatch.context() as then:
            then.setattr(timezone, "now", lambda: datetime(2026, 1, 1, 9, tzinfo=UTC))
            objective = open_objective(portfolio=project.portfolio, title=title, owner=manager,
                                       starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1), by=manager)  # fmt: skip
            for kpi in kpis:
                add_key_result(objective=objective, kpi=kpi, by=manager, **terms)
        return objective

    return make


@pytest.mark.parametrize(
    ("current", "raw", "shown"),
    [(7.0, 0.0, 0.0), (5.0, 0.5, 0.5), (3.0, 1.0, 1.0), (2.0, 1.25, 1.0), (8.0, -0.25, 0.0)],
)
def test_a_way_goes_down_as_well_as_up(current, raw, shown):
    falling = way(Goal(7.0, 3.0, None, -1), current)
    assert (falling.raw, falling.shown) == (raw, shown)
    assert way(Goal(-7.0, -3.0, None, 1), -current).raw == raw


def test_what_has_no_way_says_why():
    unmeasured = way(Goal(1, 2, None, 1), None)
    assert (unmeasured.shown, unmeasured.reason) == (None, "Its KPI has not been measured yet.")
    assert "no way to go" in way(Goal(2, 2, None, 1), 2).reason
    assert "Add one" in together([]).reason
    assert together([(1, Progress(None)), (2, Progress(None))]).raw is None


@given(baseline=FIGURE, share=st.floats(0, 1), length=st.floats(1, 1e6))
def test_a_share_of_the_way_is_that_share(baseline, share, length):
    goal = Goal(baseline, baseline + length, None, 1)
    assert way(goal, baseline + share * length).raw == pytest.approx(share, abs=1e-3)


@given(parts=PARTS)
def test_the_whole_is_a_mean_in_which_nothing_covers_for_another(parts):
    whole = together([(weight, Progress(raw)) for weight, raw in parts])
    counted = [min(1, max(0, raw or 0)) for _weight, raw in parts]
    if all(raw is None for _weight, raw in parts):
        assert whole.raw is None
        return
    assert min(counted) - 1e-9 <= whole.raw <= max(counted) + 1e-9
    missing = sum(raw is None for _weight, raw in parts)
    assert (f"{missing} of {len(parts)}" in whole.reason) == bool(missing)


def test_an_objective_is_told_as_known_on_a_day(kpi, make_objective, engineer):
    make_objective("Fewer misread", kpi)
    before = objective_progress([kpi.key_results.get().objective], DAY)[0]
    assert (before.progress.raw, before.key_results[0].current) == (None, None)
    record_measurement(kpi=kpi, value=5.05, measured_at=AT, recorded_at=AT, by=engineer)
    record_measurement(kpi=kpi, value=3.0, measured_at=AT, recorded_at=AT.replace(day=25), by=engineer)
    objective = before.objective
    assert objective_progress([objective], DAY)[0].progress.raw == pytest.approx(0.5)
    later = objective_progress([objective], date(2026, 4, 25))[0]
    assert (later.progress.raw, later.key_results[0].measured_at) == (1.0, AT)


@pytest.mark.parametrize(
    ("terms", "field", "code"),
    [
        ({"ends_on": date(2026, 1, 1)}, "ends_on", "ends_before_it_begins"),
        ({"title": "Fewer misread"}, "title", "taken"),
    ],
)
def test_an_objective_that_cannot_be_is_refused_at_its_field(project, manager, make_objective, terms, field, code):
    make_objective("Fewer misread")
    whole = {"title": "More", "starts_on": date(2026, 1, 1), "ends_on": date(2027, 1, 1)} | terms
    with pytest.raises(ValidationError) as refusal:
        open_objective(portfolio=project.portfolio, owner=manager, by=manager, **whole)
    assert [fault.code for fault in refusal.value.error_dict[field]] == [code]


def test_a_key_result_is_refused_at_its_field_twice_or_without_weight(kpi, manager, make_objective):
    objective = make_objective("Fewer misread", kpi)
    for terms, field in (({}, "kpi"), ({"weight": 0}, "kpi")):
        with pytest.raises(ValidationError) as refusal:
            add_key_result(objective=objective, kpi=kpi, by=manager, **terms)
        assert field in refusal.value.error_dict
    with pytest.raises(ValidationError) as refusal:
        add_key_result(objective=make_objective("Empty"), kpi=kpi, by=manager, weight=0)
    assert refusal.value.error_dict["weight"][0].code == "too_light"


def test_an_objective_without_key_results_is_told_too(make_objective):
    told = objective_progress([make_objective("Empty")], DAY)
    assert (told[0].key_results, told[0].progress.raw) == ((), None)


def test_a_key_result_counts_by_the_aggregation_of_its_kpi(kpi, make_objective, engineer):
    """Without a target the mean is of ninety days; older values are known, and are no mean of now."""
    Kpi.objects.filter(pk=kpi.pk).update(aggregation="mean")
    objective = make_objective("Fewer misread", kpi, baseline=7, target=3)
    record_measurement(kpi=kpi, value=1, measured_at=AT.replace(month=1), recorded_at=AT.replace(month=1), by=engineer)
    stale = objective_progress([objective], DAY)[0].key_results[0]
    assert (stale.current, stale.progress.reason) == (None, "Its KPI has not been measured in this period yet.")
    for day, value in ((18, 4), (20, 6)):
        at = AT.replace(day=day)
        record_measurement(kpi=kpi, value=value, measured_at=at, recorded_at=at, by=engineer)
    told = objective_progress([objective], DAY)[0]
    assert (told.key_results[0].current, told.progress.raw) == (5.0, pytest.approx(0.5))


def test_many_objectives_take_the_same_queries(project, engineer, make_objective):
    def asked(objectives):
        with CaptureQueriesContext(connection) as queries:
            assert {len(told.key_results) for told in objective_progress(objectives, DAY)} == {4}
        return len(queries)

    kpis = [define_kpi(project=project, name=f"K{n}", unit="%", direction="lower", baseline=9, target=4,
                       owner=engineer, by=engineer) for n in range(4)]  # fmt: skip
    objectives = [make_objective(f"O{n}", *kpis) for n in range(3)]
    assert asked(objectives[:1]) == asked(objectives) == 4
