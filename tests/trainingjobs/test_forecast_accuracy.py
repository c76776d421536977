from datetime import timedelta

import pytest
from django.utils import timezone

from trainingjobs.forecast_accuracy import accuracy_of, judged_jobs
from trainingjobs.models import TrainingJob


@pytest.fixture
def ended(submit):
    """A finished job that was forecast 8 to 12 s and 800 to 1200 micro, and took so much."""

    def finish(seconds, micro=1000, **fields):
        job, now = submit(), timezone.now()
        TrainingJob.objects.filter(pk=job.pk).update(
            **{
                "state": "succeeded",
                "fence": 1,
                "started_at": now - timedelta(seconds=seconds),
                "finished_at": now,
                "forecast_seconds_low": 8,
                "forecast_seconds_mid": 10,
                "forecast_seconds_high": 12,
                "forecast_micro_low": 800,
                "forecast_micro_mid": 1000,
                "forecast_micro_high": 1200,
                "cost_micro": micro,
                **fields,
            }
        )
        return job

    return finish


def test_duration_and_cost_are_judged_apart(ended):
    for seconds, micro in ((10, 500), (12, 500), (20, 1000), (9, 1000)):
        ended(seconds, micro)
    accuracy = accuracy_of("linear-regression")
    assert accuracy.jobs == 4
    assert accuracy.duration.inside == 0.75
    assert accuracy.duration.ratio == pytest.approx(1.1, abs=0.01)
    assert accuracy.duration.error == pytest.approx((1 / 9 + 1 / 6) / 2, abs=0.01)
    assert (accuracy.cost.inside, accuracy.cost.error, accuracy.cost.ratio) == (0.5, 0.5, 0.75)


def test_too_few_jobs_prove_nothing(ended):
    ended(10)
    ended(10)
    assert accuracy_of("linear-regression") is None
    assert len(judged_jobs("linear-regression")) == 2


def test_jobs_that_failed_or_were_resumed_are_left_out(ended):
    ended(10, state="failed")
    ended(10, fence=2)
    assert judged_jobs("linear-regression") == []


def test_a_forecast_that_a_time_limit_cut_is_not_judged(ended):
    ended(10, time_limit_s=12)
    ended(12, time_limit_s=12, state="failed", error_code="deadline")
    kept = ended(10, time_limit_s=12.5)
    assert [job.name for job in judged_jobs("linear-regression")] == [kept.name]


def test_a_job_that_cost_nothing_does_not_break_the_sum(ended):
    for _job in range(3):
        ended(10, micro=0)
    assert accuracy_of("linear-regression").cost.error == 1.0


def test_the_page_tells_by_recipe_and_shows_each_job(ended, sign_in, engineer):
    jobs = [ended(seconds) for seconds in (9, 10, 11, 30)]
    page = sign_in(engineer).get("/jobs/forecasts/").content.decode()
    assert "3 of 4 jobs ended inside their range" in page
    assert all(job.name in page for job in jobs)
    assert "fig-forecasts" in page


def test_the_page_says_what_would_be_there(sign_in, engineer):
    assert "No job has finished yet" in sign_in(engineer).get("/jobs/forecasts/?recipe=unheard-of").content.decode()


def test_the_page_shows_only_jobs_that_the_reader_may_see(ended, sign_in, stranger):
    job = ended(10)
    page = sign_in(stranger).get("/jobs/forecasts/").content.decode()
    assert (job.name in page) is TrainingJob.objects.visible_to(stranger).filter(pk=job.pk).exists()


def test_the_accuracy_by_rest(ended, sign_in, engineer):
    for seconds in (9, 10, 11):
        ended(seconds)
    answer = sign_in(engineer).get("/api/v1/forecast-accuracy/").json()
    (row,) = answer["results"]
    assert (row["recipe"], row["jobs"], row["duration"]["inside"]) == ("linear-regression", 3, 1.0)
