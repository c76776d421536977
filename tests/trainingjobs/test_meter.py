from datetime import timedelta

import pytest
from django.utils import timezone

from trainingjobs.meter import meter_of
from trainingjobs.models import JobState, TrainingJob

NOW = timezone.now()


def meter(done, elapsed=50.0, state=JobState.RUNNING, epochs=1, time_limit_s=None):
    """The meter of a job that was forecast to take 60 to 180 s."""
    job = TrainingJob(
        recipe="linear-regression",
        state=state,
        step=round(done * 1000),
        steps=1000,
        epochs=epochs,
        time_limit_s=time_limit_s,
        started_at=NOW - timedelta(seconds=elapsed),
        finished_at=NOW if state == JobState.SUCCEEDED else None,
        forecast_seconds_low=60,
        forecast_seconds_mid=100,
        forecast_seconds_high=180,
        forecast_micro_low=60,
        forecast_micro_mid=100,
        forecast_micro_high=180,
    )
    return meter_of(job, NOW)


def test_before_the_first_step_what_is_left_is_as_wide_as_the_forecast():
    first = meter(0.0, elapsed=0.0)
    assert (first.left_low_s, first.left_s, first.left_high_s) == pytest.approx((60, 100, 180))


def test_what_is_left_gets_narrower_with_every_step():
    widths = [
        (seen.left_high_s - seen.left_low_s) / seen.left_s for seen in map(meter, (0.01, 0.1, 0.2, 0.3))
    ]  # relative
    assert widths == sorted(widths, reverse=True)
    spans = [seen.left_high_s - seen.left_low_s for seen in map(meter, (0.3, 0.5, 0.9, 0.99, 1.0))]
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] == 0


@pytest.mark.parametrize("done", [0.0, 0.001, 0.3, 0.7, 1.0])
def test_the_middle_lies_inside(done):
    seen = meter(done)
    assert 0 <= seen.left_low_s <= seen.left_s <= seen.left_high_s


def test_a_job_that_has_ended_has_nothing_left():
    seen = meter(1.0, state=JobState.SUCCEEDED)
    assert (seen.left_low_s, seen.left_s, seen.left_high_s) == (None, None, None)


@pytest.mark.parametrize("epochs", [2, 20, 100, 2000, 30_000])
def test_the_numbers_under_the_bar_never_run_into_each_other(epochs):
    words = [tick.word for tick in meter(0.5, epochs=epochs).ticks]
    assert words
    assert len("".join(words)) <= 40


def test_a_running_job_does_not_last_longer_than_its_time_limit():
    cut, free = meter(done=0.1, time_limit_s=80), meter(done=0.1)
    assert not free.stops_at_limit
    assert (cut.stops_at_limit, cut.left_s, cut.left_high_s) == (True, 30, 30)
    assert not meter(done=0.9, time_limit_s=800).stops_at_limit
