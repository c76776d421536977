import math
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.recipes import RECIPES
from finance.models import RateCard
from finance.services.rates import Usage, price
from trainingjobs.dry_run import timing_digest
from trainingjobs.forecast import PRIOR_SPREAD, Forecast, forecast_job
from trainingjobs.forecast_fit import Equations, Fit, Sample, Spread, paces_of, spread_of, weighted_quantile
from trainingjobs.models import Attempt, StepTiming, TrainingJob

RECIPE = RECIPES["linear-regression"]
PARAMS = RECIPE.Params()
IMAGES = RECIPES["image-classifier"]


@pytest.fixture
def ran(submit):
    """A finished job that took so many seconds, or so many times its prior, and used so much."""

    def finish(
        ratio=1.0, recipe=RECIPE, seconds=None, cores=None, gib=None, ago=0, params=None, is_warm=None, **fields
    ):
        job, now = submit(), timezone.now() - timedelta(seconds=ago)
        chosen = recipe.Params(**(params or {}))
        took = seconds if seconds is not None else recipe.forecast_seconds(chosen) * ratio
        TrainingJob.objects.filter(pk=job.pk).update(
            **{
                "recipe": recipe.slug,
                "params": chosen.model_dump(mode="json"),
                "state": "succeeded",
                "fence": 1,
                "started_at": now - timedelta(seconds=took),
                "finished_at": now,
                "cpu_core_seconds": took * (cores or 0),
                "gib_seconds": took * (gib or 0),
                **fields,
            }
        )
        Attempt.objects.create(job=job, fence=1, worker="host:1", started_at=now, is_warm=is_warm)

    return finish


@pytest.fixture
def timed(engineer):
    """A dry run that measured so much."""

    def measure(recipe=IMAGES, params=None, parent=None, hours_ago=0, **fields):
        at, chosen = timezone.now() - timedelta(hours=hours_ago), recipe.Params(**(params or {}))
        return StepTiming.objects.create(
            **{
                "recipe": recipe.slug,
                "params": chosen.model_dump(mode="json"),
                "digest": timing_digest(recipe, chosen, parent),
                "asked_by": engineer,
                "asked_at": at,
                "measured_at": at,
                "state": "measured",
                "startup_s": 4.0,
                "step_s": 0.1,
                "steps": 1000,
                "timed_steps": 50,
                "cpu_core_seconds": 8.1,
                "gib": 0.5,
                **fields,
            }
        )

    return measure


def test_without_history_the_prior_is_spread_wide(rate_card):
    forecast, prior = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card), RECIPE.forecast_seconds(PARAMS)
    assert (forecast.seconds_low, forecast.seconds_mid, forecast.seconds_high) == pytest.approx(
        (prior * 0.6, prior, prior * 1.8)
    )
    assert (forecast.history, forecast.basis) == (0, "recipe")


def test_it_learns_from_the_jobs_that_finished(rate_card, ran):
    for ratio in (2.0, 2.1, 2.2, 2.3, 2.4) * 3:
        ran(ratio)
    forecast, prior = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card), RECIPE.forecast_seconds(PARAMS)
    assert (forecast.history, forecast.basis) == (15, "history")
    assert forecast.seconds_mid == pytest.approx(prior * 2.2, rel=0.02)
    assert prior * 1.7 < forecast.seconds_low < prior * 2.05
    assert prior * 2.35 < forecast.seconds_high < prior * 3.0


def test_every_job_draws_the_forecast_a_little_further_from_the_prior(rate_card, ran):
    mids = [forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).seconds_mid]
    for _job in range(6):
        ran(3.0)
        mids.append(forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).seconds_mid)
    prior = RECIPE.forecast_seconds(PARAMS)
    assert mids == sorted(mids)
    assert mids[-1] == pytest.approx(3 * prior, rel=0.1)


def test_jobs_of_other_settings_teach_the_start_and_the_rate(rate_card, ran):
    """5 s of start and 2 ms per thousand visits, whatever the recipe believed of itself."""
    for epochs, limit in ((1, 200), (2, 500), (4, 0), (8, 1000), (10, 200), (3, 800), (6, 400), (9, 0)):
        params = {"epochs": epochs, "limit": limit}
        work = IMAGES.work(IMAGES.Params(**params))
        ran(recipe=IMAGES, params=params, seconds=5 + work * 1e-7, cores=0.9, gib=0.4)
    asked = IMAGES.Params(epochs=5, limit=600)
    forecast = forecast_job(recipe=IMAGES, params=asked, card=rate_card)
    assert forecast.seconds_mid == pytest.approx(5 + IMAGES.work(asked) * 1e-7, rel=0.05)
    assert forecast.usage.cpu_core_seconds == pytest.approx(0.9 * forecast.seconds_mid, rel=0.05)
    assert forecast.usage.gib_seconds == pytest.approx(0.4 * forecast.seconds_mid, rel=0.05)


def test_many_small_steps_take_longer_than_few_large_ones(rate_card, ran):
    for epochs, batch in ((2, 8), (4, 256), (3, 16), (8, 128), (5, 32), (2, 64), (6, 8), (7, 256)):
        work = IMAGES.work(IMAGES.Params(epochs=epochs))
        seconds = 3 + work * 5e-8 + work / batch * 1e-6
        ran(recipe=IMAGES, params={"epochs": epochs, "batch_size": batch}, seconds=seconds)
    small, large = (
        forecast_job(recipe=IMAGES, params=IMAGES.Params(epochs=5, batch_size=size), card=rate_card).seconds_mid
        for size in (8, 256)
    )
    work = IMAGES.work(IMAGES.Params(epochs=5))
    assert small == pytest.approx(3 + work * 5e-8 + work / 8 * 1e-6, rel=0.1)
    assert large == pytest.approx(3 + work * 5e-8 + work / 256 * 1e-6, rel=0.1)


def test_the_cost_is_learned_from_what_jobs_used_and_not_from_what_they_declared(rate_card, ran):
    before = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    for _job in range(12):
        ran(1.0, cores=0.5, gib=0.1)
    after = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    assert after.seconds_mid == pytest.approx(before.seconds_mid, rel=0.01)
    assert after.micro_mid == pytest.approx(before.micro_mid / 2, rel=0.1)
    assert after.micro_low < after.micro_mid < after.micro_high < before.micro_mid


def test_the_newest_jobs_matter_more(rate_card, ran):
    for age in range(20):
        ran(4.0, ago=1000 + age)
    for age in range(20):
        ran(1.0, ago=age)
    forecast = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    assert forecast.seconds_mid < 1.6 * RECIPE.forecast_seconds(PARAMS)


def test_one_job_beside_a_busy_neighbour_changes_little(rate_card, ran):
    for _job in range(10):
        ran(1.0)
    ran(8.0)
    assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).seconds_mid == pytest.approx(
        RECIPE.forecast_seconds(PARAMS), rel=0.1
    )


def mixed_starts(ran, cold, jobs=20):
    """Jobs of many sizes, 5 s at the start when a trainer stood ready and 11 s otherwise; `cold` says which were."""
    for number in range(jobs):
        params, is_cold = {"epochs": 1 + 7 * number % 19, "batch_size": 16 * 2 ** (number % 3)}, cold(number)
        seconds = 5 + 6 * is_cold + IMAGES.work(IMAGES.Params(**params)) * 1e-8
        ran(recipe=IMAGES, params=params, seconds=seconds, cores=1, gib=0.5, is_warm=not is_cold, ago=jobs - number)


@pytest.mark.parametrize(
    ("cold", "start"), [(lambda number: number % 4 == 1, 5), (lambda number: number % 4 != 1, 11)], ids=["warm", "cold"]
)
def test_jobs_that_started_otherwise_than_is_usual_do_not_blur_the_forecast(rate_card, ran, cold, start):
    mixed_starts(ran, cold)
    params = IMAGES.Params(epochs=8)
    forecast, actual = forecast_job(recipe=IMAGES, params=params, card=rate_card), start + IMAGES.work(params) * 1e-8
    assert forecast.seconds_mid == pytest.approx(actual, rel=0.1)
    assert forecast.seconds_low <= actual <= forecast.seconds_high


def test_the_range_knows_that_a_start_may_be_cold(rate_card, ran):
    mixed_starts(ran, lambda number: number % 4 == 1)
    params = IMAGES.Params(epochs=2)
    forecast, cold = forecast_job(recipe=IMAGES, params=params, card=rate_card), 8 + IMAGES.work(params) * 1e-8
    assert forecast.seconds_high > cold
    assert forecast.micro_high > price(rate_card, Usage(cold, 0, cold * 0.5)).micro


def test_a_machine_that_has_become_busy_is_noticed_within_few_jobs(rate_card, ran):
    for age in range(4, 20):
        ran(1.0, ago=age)
    quiet = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).seconds_mid
    for age in range(4):
        ran(1.6, ago=3 - age)
    assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).seconds_mid > 1.25 * quiet


def test_the_pace_is_that_of_the_newest_jobs_that_count():
    now, *before = paces_of([0.3] * 4 + [0.0] * 10, [True] * 14)
    assert before[-1] == 0.0
    assert 0.15 < now < 0.3
    told, untold = paces_of([0.3, 9.0] * 8, [True, False] * 8), paces_of([0.3] * 16, [True] * 16)
    assert told[0] == pytest.approx(untold[0])
    assert paces_of([0.3] * 9, [True] * 9) == [0.0] * 10
    assert paces_of([], []) == [0.0]


def test_far_outside_of_what_was_seen_the_range_is_wider(rate_card, ran):
    for epochs in (1, 2, 3, 4, 5) * 3:
        params = {"epochs": epochs}
        ran(recipe=IMAGES, params=params, seconds=5 + IMAGES.work(IMAGES.Params(**params)) * 1e-7)
    near, far = (
        forecast_job(recipe=IMAGES, params=IMAGES.Params(epochs=epochs), card=rate_card) for epochs in (3, 150)
    )
    assert far.seconds_high / far.seconds_low > near.seconds_high / near.seconds_low


def test_jobs_that_were_interrupted_or_failed_teach_nothing(rate_card, ran):
    ran(9.0, fence=2)
    ran(9.0, state="failed")
    job = TrainingJob.objects.first()
    ran(9.0)
    TrainingJob.objects.exclude(pk=job.pk).filter(state="succeeded", fence=1).update(params={"dataset": "of old"})
    assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card).history == 0


def test_the_price_follows_the_rate_card(rate_card):
    forecast = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    hours = forecast.seconds_mid / 3600
    expected = hours * (480_000 + 12_000 * RECIPE.memory_gib + 11.5 / 1000 * 290_000)
    assert forecast.micro_mid == pytest.approx(expected, rel=0.01)
    assert forecast.energy_wh_mid == pytest.approx(hours * 11.5, rel=0.01)
    assert forecast.micro_low < forecast.micro_mid < forecast.micro_high


def test_a_dry_run_speaks_while_there_is_no_history(rate_card, timed):
    timed()
    forecast = forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card)
    assert forecast.basis == "dry_run"
    seconds = 4 + 100 + 0.4 * IMAGES.forecast_seconds(IMAGES.Params(epochs=1))
    assert forecast.seconds_mid == pytest.approx(seconds)
    assert forecast.usage.cpu_core_seconds == pytest.approx(seconds * 8.1 / 9)
    assert forecast.usage.gib_seconds == pytest.approx(seconds / 2)
    assert forecast.seconds_high / forecast.seconds_low < PRIOR_SPREAD.high / PRIOR_SPREAD.low


def test_a_job_that_ended_while_it_was_timed_needs_no_tail(rate_card, timed):
    timed(timed_steps=1000)
    assert forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card).seconds_mid == pytest.approx(104)


@pytest.mark.parametrize("change", [{"params": {"epochs": 3}}, {"hours_ago": 25}, {"state": "failed"}])
def test_a_dry_run_of_other_settings_or_of_yesterday_says_nothing(rate_card, timed, change):
    timed(**change)
    assert forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card).basis == "recipe"


def test_three_finished_jobs_outweigh_a_dry_run(rate_card, ran, timed):
    timed()
    for _job in range(3):
        ran(1.0, recipe=IMAGES)
    forecast = forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card)
    assert forecast.basis == "history"
    assert forecast.seconds_mid == pytest.approx(IMAGES.forecast_seconds(IMAGES.Params()), rel=0.05)


def test_one_question_to_the_database_and_few_milliseconds(rate_card, ran, django_assert_num_queries):
    for epochs in range(1, 51):
        params = {"epochs": epochs, "batch_size": 2 ** (epochs % 8)}
        ran(1.0 + epochs % 7 / 20, recipe=IMAGES, params=params, cores=0.9, gib=0.4)
    with django_assert_num_queries(1):
        forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card)
    quickest = math.inf
    for _round in range(5):
        began = time.perf_counter()
        forecast_job(recipe=IMAGES, params=IMAGES.Params(), card=rate_card)
        quickest = min(quickest, time.perf_counter() - began)
    assert quickest < 0.05, f"{quickest:.3f} s"


positive = st.floats(1e-6, 1e9)
samples = st.lists(
    st.builds(
        lambda work, batch, prior, actual: Sample((1.0, work, work / batch), prior, actual),
        st.floats(1e-3, 1e12), st.floats(1, 1024), positive, positive,
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=200)
@given(samples, st.floats(1e-3, 1e12), st.floats(1, 1024), positive, st.floats(0, 20))
def test_whatever_the_history_a_forecast_is_a_positive_number_and_its_ends_are_in_order(
    history, work, batch, belief, reach
):
    fit = Fit(history)
    residuals = [
        math.log(each.actual / fit.predict(each.features, each.prior * fit.level(skip=index), skip=index))
        for index, each in enumerate(history)
    ]
    predicted = fit.predict((1.0, work, work / batch), belief)
    spread = spread_of(residuals, PRIOR_SPREAD, reach)
    low, mid, high = predicted * spread.low, predicted * spread.mid, predicted * spread.high
    assert all(math.isfinite(each) and each > 0 for each in (low, mid, high))
    assert low <= mid <= high


def test_coefficients_are_never_negative():
    rows = [([1 / value, work / value], 1.0) for work, value in ((1.0, 9.0), (2.0, 8.0), (3.0, 7.0), (4.0, 6.0))]
    start, rate = Equations.of(2, rows).solve()
    assert rate == 0
    assert 6 < start < 9


def test_a_row_that_is_taken_away_leaves_no_trace():
    rows = [([1 / value, work / value], 1.0) for work, value in ((1.0, 3.0), (2.0, 5.0))]
    both = Equations.of(2, rows)
    assert both.solve() == pytest.approx([1, 2])
    assert both.plus([0.1, 0.7], 3.0).plus([0.1, 0.7], -3.0).solve() == pytest.approx([1, 2])


def test_few_residuals_leave_room_for_more():
    few, many = (spread_of([0.1, -0.1, 0.0, 0.05, -0.05] * count, Spread(0.6, 1, 1.8)) for count in (1, 10))
    assert few.low < many.low < many.mid < many.high < few.high
    assert spread_of([], Spread(0.6, 1, 1.8)) == Spread(0.6, 1, 1.8)


def test_quantiles_lie_between_the_values():
    assert [weighted_quantile([4, 1, 3, 2, 5], [1] * 5, share) for share in (0, 0.1, 0.5, 1)] == [1, 1, 3, 5]
    assert weighted_quantile([1, 2], [1, 1], 0.5) == 1.5
    assert weighted_quantile([1, 2, 3], [8, 1, 1], 0.5) == pytest.approx(1.22, abs=0.01)


def figures(forecast):
    """(seconds, price) of P10, median and P90."""
    return [
        (forecast.seconds_low, forecast.micro_low),
        (forecast.seconds_mid, forecast.micro_mid),
        (forecast.seconds_high, forecast.micro_high),
    ]


def test_a_time_limit_below_the_whole_range_leaves_time_cost_and_energy_of_the_limit(rate_card):
    free = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    cut = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card, time_limit_s=free.seconds_mid / 4)
    for seconds, micro in figures(cut):
        assert seconds == free.seconds_mid / 4
        assert micro == pytest.approx(free.micro_mid / 4, abs=2)
    assert cut.energy_wh_mid == pytest.approx(free.energy_wh_mid / 4, rel=0.001)
    assert cut.usage.gib_seconds == pytest.approx(free.usage.gib_seconds / 4)
    assert cut.needed_s == free.seconds_high


def test_a_time_limit_inside_the_range_cuts_only_what_lies_beyond_it(rate_card):
    free = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    limit = (free.seconds_mid + free.seconds_high) / 2
    cut = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card, time_limit_s=limit)
    assert figures(cut)[:2] == figures(free)[:2]
    assert cut.seconds_high == limit
    assert free.micro_mid < cut.micro_high < free.micro_high


def test_a_time_limit_beyond_the_range_changes_nothing(rate_card):
    free = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    for limit in (free.seconds_high, free.seconds_high + 1, 30 * 86_400.0):
        assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card, time_limit_s=limit) == free


@given(
    seconds=st.tuples(*[st.floats(1, 1e6)] * 3).map(sorted),
    micro=st.tuples(*[st.integers(0, 10**9)] * 2).map(sorted),
    limit=st.floats(1, 2e6),
)
@settings(max_examples=200)
def test_a_price_that_was_cut_is_a_range_and_no_dearer_than_before(seconds, micro, limit):
    card = RateCard(
        currency="EUR", cpu_core_hour_micro=40_000, gib_hour_micro=5_000, gpu_hour_micro=0, kwh_micro=300_000,
        watt_per_core=Decimal(10), watt_per_gpu=Decimal(0),
    )  # fmt: skip
    usage = Usage(cpu_core_seconds=seconds[1], gib_seconds=seconds[1])
    charge = price(card, usage)
    low, high = min(micro[0], charge.micro), max(micro[1], charge.micro)
    free = Forecast(*seconds, low, charge.micro, high, charge.energy_wh, 0, usage, "recipe", seconds[2])
    cut = free.cut_at(limit, card)
    assert cut.seconds_low <= cut.seconds_mid <= cut.seconds_high <= limit or limit > free.seconds_high
    assert cut.micro_low <= cut.micro_mid <= cut.micro_high
    assert all(after <= before for after, before in zip(figures(cut)[2], figures(free)[2], strict=True))
    assert cut.energy_wh_mid <= free.energy_wh_mid


def test_a_job_that_was_stopped_at_its_time_limit_teaches_no_duration(rate_card, ran):
    for _job in range(4):
        ran(1.0)
    before = forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card)
    ran(0.1, state="failed", error_code="deadline", time_limit_s=1.0)
    assert forecast_job(recipe=RECIPE, params=PARAMS, card=rate_card) == before
