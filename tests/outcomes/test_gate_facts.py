"""What criteria read: from which row, as of when, and why something cannot be read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from finance.services.budget import approve_budget, reserve
from finance.services.journal import post_actual
from outcomes.gate_facts import facts_of, read
from outcomes.models import GateCriterion, Kpi
from outcomes.services import record_measurement, set_target, sign_contract
from projects.models import Risk
from projects.services import record_feedback

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def reading(project, fact, threshold=1, comparison="at_least", metric="", at=NOON):
    criterion = GateCriterion(
        position=1, title="x", kind="must_meet", fact=fact, threshold=threshold, comparison=comparison, metric=metric
    )
    return read(criterion, facts_of([project.pk], at)[project.pk], {})


def spend(line, minor, number, at, by):
    return post_actual(line=line, amount_minor=minor, memo="Work", source="erp", external_id=number,
                       effective_on=at.date(), at=at, by=by)  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        ("model_metric", "No finished run has the metric test accuracy."),
        ("latency_ms", "No finished run has measured its latency"),
        ("cost_share", "No budget is approved."),
        ("available", "No budget is approved."),
        ("kpi_reached", "No KPI is defined"),
        ("feedback", "Nobody has given feedback"),
        ("open_risk", "No risk is written down"),
    ],
)
def test_what_cannot_be_read_is_not_met_and_says_why(project, fact, why):
    for comparison in ("at_least", "at_most"):
        seen = reading(project, fact, 0, comparison, metric="test_accuracy" if fact == "model_metric" else "")
        assert not seen.is_met
        assert seen.value is None
        assert why in seen.missing


def test_available_is_what_the_lines_say(project, budget, manager, finance_user):
    line = budget.lines.get(category="people")
    reserve(line=line, amount_minor=30_000, reference="x:1", at=NOON, by=manager)
    spend(line, 120_000, "1", NOON, finance_user)
    left = sum(each.available_minor for each in budget.lines.all())
    assert reading(project, "available").value == left / 100
    assert reading(project, "cost_share", 20, "at_most").text.startswith("14.3%")


def test_a_past_moment_reads_what_was_known_then(project, budget, finance_user):
    line = budget.lines.get(category="people")
    spend(line, 120_000, "1", NOON - timedelta(days=40), finance_user)
    spend(line, 500_000, "2", NOON, finance_user)
    assert reading(project, "available", at=NOON - timedelta(days=30)).value == 9_300.0
    assert reading(project, "available").value == 4_300.0


def test_budgets_of_two_currencies_are_not_added_up(project, budget, manager):
    approve_budget(project=project, name="US", currency="USD", lines={"people": 1}, on=date(2026, 1, 5), by=manager)
    assert "EUR, USD" in reading(project, "available").missing


def test_the_best_model_counts_and_its_latency_not_that_of_the_fastest(project, make_run):
    make_run(0.91, 1, metrics={"test_accuracy": 0.91, "latency_ms": 3.0})
    best = make_run(0.95, 2, metrics={"test_accuracy": 0.95, "latency_ms": 9.0})
    make_run(0.99, 3, status="running")
    assert reading(project, "model_metric", 0.9, metric="test_accuracy").source.id == str(best.pk)
    assert reading(project, "latency_ms", 5, "at_most", metric="test_accuracy").value == 9.0
    assert reading(project, "latency_ms", 5, "at_most").value == 3.0


def test_the_way_to_the_target_follows_the_newest_measurement(project, kpi, engineer):
    assert "has not been measured" in reading(project, "kpi_reached").missing
    record_measurement(kpi=kpi, value=5.05, measured_at=NOON - timedelta(days=2), recorded_at=NOON, by=engineer)
    assert reading(project, "kpi_reached", 50).value == 50.0
    assert reading(project, "kpi_reached", 50).is_met
    assert reading(project, "kpi_reached", 50, at=NOON - timedelta(days=1)).value is None


def test_the_way_of_a_mean_is_that_of_its_period_and_says_so(project, kpi, engineer):
    Kpi.objects.filter(pk=kpi.pk).update(aggregation="mean")
    for days, value in ((100, 3.0), (3, 7.1), (2, 3.0)):
        at = NOON - timedelta(days=days)
        record_measurement(kpi=kpi, value=value, measured_at=at, recorded_at=at, by=engineer)
    seen = reading(project, "kpi_reached", 60)
    assert (seen.value, seen.is_met) == (50.0, False)
    assert seen.text.endswith("the mean of the period since 2026-08-23")
    stale = reading(project, "kpi_reached", 60, at=NOON + timedelta(days=120))
    assert "has not been measured since" in stale.missing


def test_a_sum_that_has_just_begun_does_not_pass_a_gate_by_its_smallness(project, kpi, engineer, monkeypatch):
    """Of 21 a month 14 would have come in twenty days, of 30 a hundred days 6: with ten half of the way is gone."""
    Kpi.objects.filter(pk=kpi.pk).update(aggregation="sum", baseline=21, target=9)
    with monkeypatch.context() as then:
        then.setattr(timezone, "now", lambda: NOON - timedelta(days=19))
        set_target(kpi=kpi, starts_on=date(2026, 11, 1), ends_on=date(2027, 2, 9), value=30, amber=40, red=60,
                   at=timezone.now(), by=engineer)  # fmt: skip
    at = NOON - timedelta(days=1)
    record_measurement(kpi=kpi, value=10, measured_at=at, recorded_at=at, by=engineer)
    assert reading(project, "kpi_reached", 60).value == 50.0


@pytest.mark.parametrize(("days", "is_met"), [(89, True), (91, False), (730, False)])
def test_what_was_measured_long_ago_says_nothing_of_today(project, kpi, engineer, days, is_met):
    at = NOON - timedelta(days=days)
    record_measurement(kpi=kpi, value=3.0, measured_at=at, recorded_at=at, by=engineer)
    seen = reading(project, "kpi_reached", 100)
    assert (seen.is_met, "more than 90 days ago. Measure it again." in seen.text) == (is_met, not is_met)


def test_a_contract_that_has_ended_or_not_begun_is_no_signature_of_today(project, draft, finance_user):
    sign_contract(contract=draft(valid_to=date(2026, 5, 1)), by=finance_user, at=NOON - timedelta(days=250))
    assert not reading(project, "value_signed").is_met
    assert reading(project, "value_signed", at=NOON - timedelta(days=240)).is_met
    sign_contract(contract=draft(valid_from=date(2028, 1, 1)), by=finance_user, at=NOON - timedelta(days=9))
    assert not reading(project, "value_signed").is_met


def test_the_version_in_force_counts_until_its_signed_successor_begins(project, draft, finance_user):
    first = draft()
    sign_contract(contract=first, by=finance_user, at=NOON - timedelta(days=9))
    sign_contract(contract=draft(valid_from=date(2028, 1, 1)), by=finance_user, at=NOON - timedelta(days=8))
    seen = reading(project, "value_signed")
    assert (seen.is_met, seen.source.id, seen.text) == (True, str(first.pk), "1 signed value contract in force")
    later = reading(project, "value_signed", at=datetime(2028, 1, 2, 12, tzinfo=UTC))
    assert (later.is_met, later.source.name) == (True, "Parcels misread v2")


def test_feedback_is_of_ninety_days_and_signatures_count(project, kpi, contract, engineer, finance_user):
    for score, days in ((1, 91), (4, 80), (5, 1)):
        record_feedback(project=project, score=score, text="x", source="y", received_at=NOON - timedelta(days=days),
                        by=engineer)  # fmt: skip
    assert reading(project, "feedback", 4.5).value == 4.5
    assert not reading(project, "value_signed").is_met
    sign_contract(contract=contract, by=finance_user, at=NOON)
    assert reading(project, "value_signed").is_met


def test_exposure_is_that_of_open_risks(project, engineer):
    for probability, impact, closed in ((50, 10_000, None), (10, 5_000, None), (90, 900_000, date(2026, 11, 1))):
        Risk.objects.create(project=project, title="r", probability_percent=probability, impact_minor=impact,
                            currency="EUR", response="accept", owner=engineer, opened_on=date(2026, 3, 1),
                            closed_on=closed)  # fmt: skip
    assert reading(project, "open_risk", 60, "at_most").value == 55.0
    assert reading(project, "open_risk", 60, "at_most", at=datetime(2026, 10, 1, tzinfo=UTC)).value == 8_155.0


def test_the_number_of_queries_is_fixed(project, budget, make_run, engineer):
    def asked(keys):
        with CaptureQueriesContext(connection) as seen:
            facts_of(keys, NOON)
        return len(seen)

    one = asked([project.pk])
    for seed in range(5):
        make_run(0.9, seed)
    assert asked([project.pk, 998, 999]) == one
