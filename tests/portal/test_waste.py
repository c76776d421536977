"""Which jobs bought nothing: judged once each, by the order in which they ended."""

from datetime import datetime, timedelta

from django.utils import timezone

from portal.boards.cost_per_point import PointCost
from portal.boards.waste import Idle, Kind, Spent, WasteFacts, judge
from portal.boards.waste_words import WASTE_PANEL, headline_of, idle_words

BEGIN = timezone.make_aware(datetime(2026, 11, 2, 9))


def job(number, *, params="a", config=None, state="succeeded", micro=100, quality=0.9, data="d"):
    return Spent(
        str(number), "TRI", number, "image-classifier", params, config or params, "", data, state, micro,
        BEGIN + timedelta(hours=number), quality,
    )  # fmt: skip


def kinds(*jobs):
    return {wasted.job.number: wasted.kind for wasted in judge(jobs)}


def test_a_failed_job_bought_nothing():
    assert kinds(job(1, state="failed", quality=None)) == {1: Kind.FAILED}


def test_the_same_work_a_second_time_is_a_repeat_of_the_first():
    (wasted,) = judge([job(1), job(2)])
    assert (wasted.job.number, wasted.kind, wasted.better) == (2, Kind.REPEATED, "TRI-1")


def test_the_same_settings_on_other_data_are_no_repeat():
    assert kinds(job(1), job(2, data="e")) == {}


def test_a_retry_after_a_failure_is_no_repeat():
    assert kinds(job(1, state="failed", quality=None), job(2)) == {1: Kind.FAILED}


def test_who_is_worse_and_dearer_than_another_is_dominated_by_it():
    wasted = judge([job(1, params="a", micro=100, quality=0.9), job(2, params="b", micro=200, quality=0.8)])
    assert [(each.job.number, each.kind, each.better) for each in wasted] == [(2, Kind.DOMINATED, "TRI-1")]


def test_better_for_more_money_is_a_choice_and_no_waste():
    assert kinds(job(1, params="a", micro=100, quality=0.8), job(2, params="b", micro=200, quality=0.9)) == {}


def test_equal_in_both_is_no_waste_and_seeds_are_judged_together():
    assert kinds(job(1, params="a"), job(2, params="b")) == {}
    seeds = (
        job(1, params="a1", config="a", quality=0.8),
        job(2, params="a2", config="a", quality=0.9),
        job(3, params="b", quality=0.84, micro=100),
    )
    assert kinds(*seeds) == {3: Kind.DOMINATED}


def test_the_meter_tells_the_week_and_draws_it():
    jobs = [job(1, state="failed", quality=None, micro=12_000_000), job(2)]
    wasted = tuple(judge(jobs))
    weeks = tuple(wasted[0].week - timedelta(weeks=back) for back in range(11, -1, -1))
    facts = WasteFacts(weeks, wasted, 24_000_000, Idle(1, 2, 1), "EUR")
    assert "EUR\u00a01.00 a week" in headline_of(facts)
    assert "50%" in headline_of(facts)
    answer = WASTE_PANEL.answer(facts)
    assert "Failed jobs cost most: EUR\u00a012.00" in answer.finding.title
    assert answer.finding.rows[-1][-1] == "EUR\u00a012.00"
    assert '"stack"' in answer.figure
    assert "1 of 2 places" in idle_words(facts)


def point(first, best, *, jobs=3, higher=True):
    return PointCost("TRI", "Parcels", "image-classifier", "test_accuracy", jobs, 4_000_000, first, best, higher)


def test_a_point_is_a_hundredth_of_a_share_over_the_first_run():
    assert point(0.90, 0.94).micro_a_point == 1_000_000


def test_of_a_metric_that_should_fall_the_gain_is_the_fall():
    assert point(12.0, 10.0, higher=False).micro_a_point == 2_000_000


def test_a_point_without_a_price_says_why():
    assert "only one job" in point(0.9, 0.9, jobs=1).reason
    assert "no run was better" in point(0.9, 0.9).reason
    assert "no finished run" in point(None, None).reason
