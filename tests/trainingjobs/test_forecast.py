from datetime import timedelta

import pytest
from django.utils import timezone

from engine.recipes import RECIPES
from trainingjobs.forecast import forecast_job, quantile
from trainingjobs.models import TrainingJob

RECIPE = RECIPES["linear-regression"]
PARAMS = RECIPE.Params()


@pytest.fixture
def ran(submit):
    """A finished job that took so many times its prior."""

    def finish(ratio, **fields):
        job, now = submit(), timezone.now()
        took = timedelta(seconds=RECIPE.forecast_seconds(PARAMS) * ratio)
        TrainingJob.objects.filter(pk=job.pk).update(
            **{"state": "succeeded", "fence": 1, "started_at": now - took, "finished_at": now, **fields}
        )

    return finish


def test_without_history_the_prior_is_spread_wide(rate_card):
    forecast, prior = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card), RECIPE.forecast_seconds(PARAMS)
    assert (forecast.seconds_low, forecast.seconds_mid, forecast.seconds_high) == (prior * 0.6, prior, prior * 1.8)
    assert forecast.history == 0


def test_it_learns_from_the_jobs_that_finished(rate_card, ran):
    for ratio in (2.0, 2.1, 2.2, 2.3, 2.4):
        ran(ratio)
    forecast, prior = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card), RECIPE.forecast_seconds(PARAMS)
    assert forecast.history == 5
    assert forecast.seconds_mid == pytest.approx(prior * 2.2)
    assert prior * 2.0 < forecast.seconds_low < forecast.seconds_mid < forecast.seconds_high < prior * 2.4


def test_two_jobs_are_too_few_to_learn_from(rate_card, ran):
    ran(5.0)
    ran(5.0)
    forecast = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    assert forecast.seconds_mid == RECIPE.forecast_seconds(PARAMS)
    assert forecast.history == 2


def test_jobs_that_were_interrupted_or_failed_teach_nothing(rate_card, ran):
    ran(9.0, fence=2)
    ran(9.0, state="failed")
    ran(9.0, params={"dataset": "of an older version"})
    assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).history == 0


def test_the_price_follows_the_rate_card(rate_card):
    forecast = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    hours = forecast.seconds_mid / 3600
    expected = hours * (480_000 + 12_000 * RECIPE.memory_gib + 11.5 / 1000 * 290_000)
    assert forecast.micro_mid == pytest.approx(expected, rel=0.01)
    assert forecast.energy_wh_mid == pytest.approx(hours * 11.5, rel=0.01)
    assert forecast.micro_low < forecast.micro_mid < forecast.micro_high


def test_quantiles_lie_between_the_values():
    assert [quantile([4, 1, 3, 2, 5], share) for share in (0, 0.1, 0.5, 1)] == [1, 1.4, 3, 5]
