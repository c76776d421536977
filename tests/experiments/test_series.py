import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from experiments.models import MetricSeries, Run
from experiments.series import Point, extend, pack, points_since, sampled, unpack

CURVE = [Point(step, step / 4, 1 / step) for step in range(1, 9)]


@pytest.fixture
def run(project):
    return Run.objects.create(project=project, name="TRI-1", recipe="linear-regression", started_at=timezone.now())


def series_of(points, **fields):
    series = MetricSeries(name="train_loss", **fields)
    extend(series, points)
    return series


def test_points_come_back_as_they_were_packed():
    assert unpack(pack(CURVE)) == CURVE
    assert len(pack(CURVE)) == 16 * len(CURVE)
    assert unpack(pack(CURVE), 6) == CURVE[6:]


def test_a_series_knows_its_count_last_and_extremes():
    series = series_of(CURVE)
    extend(series, [Point(9, 2.25, 7.0), Point(10, 2.5, 0.5)])
    assert (series.count, series.last, series.minimum, series.maximum) == (10, 0.5, 0.125, 7.0)


def test_a_resumed_run_goes_on_from_the_first_step_that_comes_again():
    series = series_of(CURVE)
    extend(series, [Point(5, 1.25, 9.0), Point(6, 1.5, 8.0)])
    assert unpack(series.points) == [*CURVE[:4], Point(5, 1.25, 9.0), Point(6, 1.5, 8.0)]
    assert (series.count, series.last, series.minimum, series.maximum) == (6, 8.0, 0.25, 9.0)


def test_a_run_that_begins_again_replaces_its_curve():
    series = series_of(CURVE)
    extend(series, [Point(1, 0.25, 3.0)])
    assert (unpack(series.points), series.minimum, series.maximum) == ([Point(1, 0.25, 3.0)], 3.0, 3.0)


def test_a_page_gets_only_the_points_that_it_lacks(run):
    series_of(CURVE, run=run).save()
    assert points_since(run, {"train_loss": 6}) == {
        "train_loss": {"from": 6, "step": [7, 8], "epoch": [1.75, 2.0], "value": [1 / 7, 1 / 8]}
    }
    assert points_since(run, {})["train_loss"]["from"] == 0
    assert points_since(run, {"train_loss": 8})["train_loss"]["value"] == []


@pytest.mark.parametrize("claimed", [9, -3])
def test_a_page_that_claims_to_have_more_than_there_is_gets_all(run, claimed):
    series_of(CURVE, run=run).save()
    delta = points_since(run, {"train_loss": claimed})["train_loss"]
    assert (delta["from"], len(delta["value"])) == (0, 8)


def test_a_short_curve_is_drawn_whole():
    assert sampled(series_of(CURVE)) == ([point.epoch for point in CURVE], [point.value for point in CURVE])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(10, 60))
def test_thinning_keeps_the_ends_the_peaks_and_the_order(values, at_most):
    points = [Point(step, float(step), value) for step, value in enumerate(values, 1)]
    epochs, shown = sampled(series_of(points), at_most)
    assert len(shown) <= max(at_most, 1)
    assert (shown[0], shown[-1], min(shown), max(shown)) == (values[0], values[-1], min(values), max(values))
    assert epochs == sorted(epochs)


@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=6, unique=True).map(sorted), max_size=8))
def test_however_often_a_run_resumes_its_curve_has_each_step_once_and_in_order(attempts):
    series = MetricSeries(name="train_loss")
    for steps in attempts:
        extend(series, [Point(step, float(step), float(step)) for step in steps])
    kept = [point.step for point in unpack(bytes(series.points))]
    assert kept == sorted(set(kept))
    assert series.count == len(kept)
    assert (series.minimum, series.maximum) == ((min(kept), max(kept)) if kept else (None, None))
