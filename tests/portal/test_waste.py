"""Which jobs bought nothing: judged once each, by the order in which they ended; and what idle places would cost."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from finance.models import RateCard
from finance.services.rates import publish_rate_card
from portal.boards.cost_per_point import PointCost
from portal.boards.point_question import POINT_PANEL, Points
from portal.boards.waste import Idle, Kind, Spent, WasteFacts, judge, waste_facts
from portal.boards.waste_words import WASTE_PANEL, explain_waste, headline_of, idle_words, sum_of
from trainingjobs.models import SlotHour

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


def test_the_share_of_wasted_jobs_is_of_what_jobs_cost_and_idle_stands_beside_it(rate_card, manager):
    wasted = tuple(judge([job(1, state="failed", quality=None, micro=12_000_000)]))
    record(MONDAY)
    free = facts_of(manager, MONDAY).free
    facts = WasteFacts((wasted[0].week,), wasted, 24_000_000, None, "EUR", free)
    assert "50% of the EUR\u00a024.00 that jobs cost, and EUR\u00a00.4833 of idle places" in headline_of(facts)


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


def test_the_chart_of_points_has_the_cheapest_twelve_first_and_only_shares():
    rows = [replace(point(0.90, 0.94), key=f"P{number:02}", micro=number * 4_000_000) for number in range(14, 0, -1)]
    answer = POINT_PANEL.answer(Points([point(12.0, 10.0, higher=False), *rows, point(0.9, 0.9)], MONDAY))
    finding = answer.finding
    told = "A point costs least in P01 with Image classifier: EUR\u00a01.00"
    assert (strip_tags(finding.title), finding.alt.endswith(told)) == (told, True)
    assert 'href="/explain/point/P01/image-classifier/?as_of=2026-03-02"' in finding.title
    assert [row[0] for row in finding.rows] == [f"P{number:02}" for number in range(1, 13)]
    assert finding.rows[0] == ("P01", "Image classifier", "4.00 points", "EUR\u00a04.00", "EUR\u00a01.00")
    assert "the best 12 of 14" in finding.how_to_read
    assert json.loads(answer.figure)["data"][0]["x"] == [float(number) for number in range(1, 13)]


def test_without_a_price_of_a_share_there_is_no_chart_and_the_card_says_so():
    answer = POINT_PANEL.answer(Points([point(12.0, 10.0, higher=False), point(0.9, 0.9)]))
    assert (answer.finding.title, answer.figure) == ("No point of a share has a price yet", "")


MONDAY = date(2026, 3, 2)


def record(day, hour=9, *, free_hours=1.0, cores=1.0, resources="cpu"):
    """Two slots that were there for an hour, one of them free for so long."""
    seconds = 3600 * free_hours
    at = timezone.make_aware(datetime(day.year, day.month, day.day, hour))
    return SlotHour.objects.create(
        hour=at, resources=resources, there_s=7200, free_s=seconds, free_core_s=seconds * cores
    )


def facts_of(user, day, *, on=None):
    return waste_facts(user, timezone.make_aware(datetime(day.year, day.month, day.day, 18)), on)


AN_HOUR = 480_000 + 3_335  # a core-hour, and 11.5 W of it at 0.29 a kWh, in millionths


def test_free_slots_cost_the_cores_that_they_hold_with_their_energy(rate_card, manager):
    record(MONDAY, free_hours=2, cores=3)
    record(MONDAY, resources="cpu,gpu")
    record(MONDAY - timedelta(weeks=1))
    facts = facts_of(manager, MONDAY)
    assert facts.micro(MONDAY, Kind.IDLE) == 7 * AN_HOUR
    assert facts.micro(kind=Kind.IDLE) == facts.micro() == 8 * AN_HOUR
    assert facts.a_week_micro == 8 * AN_HOUR // 12
    assert facts.jobs_micro == facts.micro(kind=Kind.FAILED) == 0


def test_weeks_without_a_record_are_not_measured_and_no_zero(rate_card, manager):
    record(MONDAY)
    record(MONDAY - timedelta(weeks=1), free_hours=0)
    facts = facts_of(manager, MONDAY)
    finding = WASTE_PANEL.answer(facts).finding
    idle = [row[4] for row in finding.rows]
    assert idle == ["not measured"] * 10 + ["EUR\u00a00.00", "EUR\u00a00.4833"]
    assert dict(finding.data.kinds)["Idle"] == (*[None] * 10, 0, AN_HOUR / 1e6)
    assert "Idle places for jobs cost most" in finding.title
    assert "In 2 of twelve weeks it was measured: 1\u00a0slot-hours free of 4\u00a0slot-hours" in idle_words(facts)
    assert "no job has ended" in headline_of(facts)


def test_without_any_record_the_sum_says_so(rate_card, manager):
    facts = facts_of(manager, MONDAY)
    assert sum_of(facts)[-1] == (Kind.IDLE, "Idle", "not measured")
    assert "Idle time of these weeks is not measured" in idle_words(facts)
    assert not WASTE_PANEL.answer(facts).figure


def test_each_day_is_priced_by_the_card_in_force_on_it(rate_card, manager, finance_user):
    rates = {"gpu_hour_micro": 0, "gib_hour_micro": 0, "kwh_micro": 0, "watt_per_core": Decimal(1), "watt_per_gpu": 0}
    dear = {**rates, "cpu_core_hour_micro": 2_000_000}
    publish_rate_card(name="Compute", currency="EUR", valid_from=MONDAY + timedelta(days=1), by=finance_user, **dear)
    publish_rate_card(
        name="Compute", currency="EUR", valid_from=MONDAY + timedelta(days=1), by=finance_user,
        **{**rates, "cpu_core_hour_micro": 1_000_000},
    )  # fmt: skip
    for days in range(3):
        record(MONDAY + timedelta(days=days))
    facts = facts_of(manager, MONDAY + timedelta(days=2))
    assert facts.micro(MONDAY, Kind.IDLE) == AN_HOUR + 2 * 1_000_000
    for free in facts.free:
        day = MONDAY if free.free_s == 3600 else MONDAY + timedelta(days=1)
        assert free.card == RateCard.objects.in_force(day)


def test_time_under_no_card_or_one_of_another_currency_is_counted_and_has_no_price(db, manager, finance_user):
    record(MONDAY)
    publish_rate_card(
        name="Abroad", currency="USD", valid_from=MONDAY + timedelta(days=1), by=finance_user, cpu_core_hour_micro=9,
        gpu_hour_micro=9, gib_hour_micro=9, kwh_micro=9, watt_per_core=Decimal(1), watt_per_gpu=Decimal(1),
    )  # fmt: skip
    record(MONDAY + timedelta(days=1))
    facts = facts_of(manager, MONDAY + timedelta(days=1))
    assert facts.micro() == 0
    assert "2\u00a0slot-hours have no price: no rate card in EUR was in force." in idle_words(facts)
    assert explain_waste("idle", facts).terms[0].amount == "no price"


def test_of_a_past_day_only_hours_and_cards_recorded_by_then_count(manager, finance_user, clock):
    def publish(core_hour_micro):
        publish_rate_card(
            name="Compute", currency="EUR", valid_from=MONDAY, by=finance_user, cpu_core_hour_micro=core_hour_micro,
            gpu_hour_micro=0, gib_hour_micro=0, kwh_micro=0, watt_per_core=Decimal(1), watt_per_gpu=Decimal(1),
        )  # fmt: skip

    clock(MONDAY)
    publish(1_000_000)
    record(MONDAY)
    seen = facts_of(manager, MONDAY)
    assert seen.micro(kind=Kind.IDLE) == 1_000_000
    clock(MONDAY + timedelta(days=1))
    record(MONDAY + timedelta(days=1), 0)
    publish(5_000_000)
    assert facts_of(manager, MONDAY + timedelta(days=1)).micro() == 10_000_000
    assert facts_of(manager, MONDAY + timedelta(days=1), on=MONDAY).free == seen.free


def test_the_meter_asks_as_often_for_many_hours_as_for_few(rate_card, manager):
    record(MONDAY)
    with CaptureQueriesContext(connection) as few:
        facts_of(manager, MONDAY)
    for hour in range(10, 20):
        record(MONDAY - timedelta(days=hour), hour)
    with CaptureQueriesContext(connection) as many:
        facts_of(manager, MONDAY)
    assert len(many) == len(few)


def test_idle_places_explain_themselves_by_week_with_the_rate_card(rate_card, manager):
    record(MONDAY, free_hours=2)
    explanation = explain_waste("idle", facts_of(manager, MONDAY))
    assert [term.amount for term in explanation.terms] == ["EUR\u00a00.9667"] * 2
    assert explanation.terms[0].source == "2\u00a0core-hours at EUR\u00a00.4800 and EUR\u00a00.0033 of energy"
    assert any("Compute v1" in fact.text for fact in explanation.facts)


def test_a_kind_of_jobs_and_a_week_explain_themselves_and_nothing_else_does():
    wasted = tuple(judge([job(1, state="failed", quality=None, micro=12_000_000)]))
    facts = WasteFacts((wasted[0].week,) * 12, wasted, 12_000_000, None, "EUR", on=date(2026, 11, 9))
    failed = explain_waste("failed", facts)
    assert failed.terms[0].source == "1 job"
    assert failed.facts[0].url == reverse("waste") + "?as_of=2026-11-09#table"
    assert [term.amount for term in explain_waste("week", facts).terms][-3:] == [
        "EUR\u00a012.00", "12", "EUR\u00a01.00",
    ]  # fmt: skip
    with pytest.raises(ObjectDoesNotExist):
        explain_waste("time", facts)


def test_the_page_shows_idle_beside_the_other_kinds_and_leads_to_why(sign_in, manager, rate_card):
    hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    SlotHour.objects.create(hour=hour, resources="cpu", there_s=7200, free_s=3600, free_core_s=3600)
    client = sign_in(manager)
    page = client.get("/waste/").content.decode()
    assert "EUR\u00a00.4833" in page
    assert 'hx-get="/explain/waste/idle/"' in page
    told = client.get("/explain/waste/idle/").content.decode()
    assert "vouches for the time since the one before" in told
    assert client.get("/explain/waste/nothing/").status_code == 404


def test_one_price_is_called_the_only_one():
    finding = POINT_PANEL.answer(Points([point(0.90, 0.94)])).finding
    assert finding.title.startswith("Only TRI with Image classifier has a price of a point of a share")
    assert "costs least" not in finding.alt
