"""Health is computed from money, KPI and dates; the gravest truth wins."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.kpi_status import Figure, judge, months_between
from outcomes.models import Kpi
from outcomes.services import define_kpi, record_measurement, set_target
from portal.boards.earned_value import earned_facts
from portal.boards.health import Standing, health_of
from portal.boards.kpi import kpi_facts, kpi_title
from portal.boards.rows import project_rows
from projects.models import Station

TODAY = date(2026, 11, 21)
FINE = {
    "planned": 100,
    "used": 40,
    "reached": 0.6,
    "due_on": date(2027, 1, 1),
    "station": Station.TRAINING,
    "today": TODAY,
}


NOW = timezone.now()


def standing(value, *, share=1.0):
    """A KPI of which less is better, amber beyond 20 and red beyond 40."""
    status = judge(value, target=10 * share, amber=20 * share, red=40 * share, better_sign=-1)
    return Figure(SimpleNamespace(name="Complaints", unit="calls"), value, NOW, 1, status, share=share)


@pytest.fixture
def kpi(project, engineer):
    """It fell from 90 to 30 calls by its newest measurement; a quarter's target runs for 100 days, 19 of them gone."""
    kpi = define_kpi(project=project, name="Complaints", unit="calls", direction="lower", baseline=90, target=10,
                     owner=engineer, by=engineer)  # fmt: skip
    for days, value in ((30, 90), (2, 70), (1, 30)):
        at = NOW - timedelta(days=days)
        record_measurement(kpi=kpi, value=value, measured_at=at, recorded_at=at, by=engineer)
    return kpi


@pytest.fixture
def target(kpi, engineer):
    def set_one(of=None, **limits):
        day = timezone.localdate(NOW)
        return set_target(kpi=of or kpi, starts_on=day - timedelta(days=19), ends_on=day + timedelta(days=81), at=NOW,
                          by=engineer, **{"value": 10, "amber": 20, "red": 40} | limits)  # fmt: skip

    return set_one


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "On track"),
        ({"kpis": [standing(20)]}, "On track"),
        ({"kpis": [standing(None)]}, "On track"),
        ({"kpis": [standing(21)]}, "KPI amber"),
        ({"kpis": [standing(21), standing(41)]}, "KPI red"),
        ({"kpis": [standing(41)], "reached": 1.0, "station": Station.DEMAND}, "KPI red"),
        ({"kpis": [standing(41)], "used": 101}, "Over budget"),
        ({"kpis": [standing(41)], "due_on": date(2026, 11, 20)}, "Overdue"),
        ({"kpis": [standing(41)], "status": "on_hold"}, "KPI red"),
        ({"kpis": [standing(21)], "status": "on_hold"}, "On hold"),
        ({"kpis": [standing(21)], "reached": -0.1}, "KPI behind"),
        ({"kpis": [standing(21)], "used": 90}, "KPI amber"),
        ({"kpis": [standing(41)], "status": "killed", "ended_on": date(2026, 5, 1)}, "Killed"),
        ({"used": 101}, "Over budget"),
        ({"planned": 0, "used": 5}, "Over budget"),
        ({"used": 101, "due_on": date(2026, 1, 1)}, "Over budget"),
        ({"due_on": date(2026, 11, 20)}, "Overdue"),
        ({"due_on": date(2026, 11, 20), "reached": 1.0}, "On track"),
        ({"due_on": date(2026, 11, 21)}, "On track"),
        ({"reached": -0.1}, "KPI behind"),
        ({"reached": -0.1, "station": Station.DEMAND}, "On track"),
        ({"reached": 0.4, "station": Station.FEEDBACK}, "KPI behind"),
        ({"reached": 0.4}, "On track"),
        ({"used": 90}, "Budget nearly used"),
        ({"used": 90, "reached": 1.2}, "On track"),
        ({"planned": 0, "used": 0, "reached": None}, "No plan yet"),
        ({"reached": None, "due_on": None}, "On track"),
    ],
)
def test_the_gravest_truth_wins(change, word):
    assert health_of(Standing(**FINE | change)).word == word


def test_red_and_amber_say_why():
    assert health_of(Standing(**FINE, kpis=[standing(41)])).reason == "has “Complaints” at 41\u00a0calls, red beyond 40\u00a0calls in this period"  # fmt: skip  # noqa: E501
    growing = health_of(Standing(**FINE, kpis=[standing(6, share=0.25)]))
    assert (growing.tone, growing.word) == ("warn", "KPI amber")
    assert growing.reason.endswith("amber beyond 5\u00a0calls with 25% of its period gone")


@pytest.mark.parametrize(
    ("aggregation", "reached", "word"),
    [("last", 60 / 80, "KPI amber"), ("mean", 40 / 80, "KPI red"), ("sum", None, "KPI red")],
)
def test_every_board_takes_the_aggregation_of_the_kpi(project, budget, kpi, target, aggregation, reached, word):
    """Since the period began: 30 at last, 50 in the mean, and 100 in a fifth of the time, before 90 a month."""
    Kpi.objects.filter(pk=kpi.pk).update(aggregation=aggregation)
    target()
    today = timezone.localdate(NOW)
    row = project_rows([project], today)[0]
    if aggregation == "sum":
        before = 90 * months_between(today - timedelta(days=19), today + timedelta(days=1))
        reached = (before - 100) / (before - 2)
    assert (row.reached, row.health.word) == (pytest.approx(reached), word)
    assert project_rows([project], today, today)[0].reached == row.reached
    facts = kpi_facts(Kpi.objects.get())
    assert facts.reached == row.reached
    assert facts.latest.value == 30
    ways = {stage.way for stage in earned_facts(budget, rule="metric_based", method="typical", on=today).stages}
    assert ways == {row.reached}


def test_the_title_of_a_kpi_names_what_is_taken_together(kpi, target):
    title = {}
    for aggregation in ("mean", "sum"):
        Kpi.objects.filter(pk=kpi.pk).update(aggregation=aggregation)
        title[aggregation, False] = kpi_title(kpi_facts(Kpi.objects.get()))
    target()
    title["sum", True] = kpi_title(kpi_facts(Kpi.objects.get()))
    assert "63.3\u00a0calls is the mean since" in title["mean", False]
    assert "190\u00a0calls is the sum since" in title["sum", False]
    assert title["sum", True].endswith("by now its target is 2\u00a0calls")


def test_a_red_of_any_kpi_of_the_project_counts_and_is_named(project, kpi, target, engineer):
    target(amber=35)
    other = define_kpi(project=project, name="Lost parcels", unit="a day", direction="lower", baseline=9, target=1,
                       owner=engineer, by=engineer)  # fmt: skip
    target(other, value=1, amber=2, red=3)
    assert project_rows([project], timezone.localdate(NOW))[0].health.word == "On track"
    record_measurement(kpi=other, value=4, measured_at=NOW, recorded_at=NOW, by=engineer)
    health = project_rows([project], timezone.localdate(NOW))[0].health
    assert (health.word, "Lost parcels" in health.reason) == ("KPI red", True)


def test_a_past_day_knows_neither_the_target_nor_the_red_of_later(project, kpi, target):
    target()
    day = timezone.localdate(NOW) - timedelta(days=1)
    row = project_rows([project], day, day)[0]
    assert (row.reached, row.health.word) == (60 / 80, "On track")


def test_rows_of_more_kpis_ask_no_more(project, kpi, target, engineer):
    def asked(on):
        with CaptureQueriesContext(connection) as queries:
            project_rows([project], timezone.localdate(NOW), on)
        return len(queries)

    today = timezone.localdate(NOW)
    days = (None, today, today - timedelta(days=1))
    Kpi.objects.update(aggregation="sum")
    target()
    few = [asked(on) for on in days]
    for number, aggregation in enumerate(Kpi.Aggregation):
        more = define_kpi(project=project, name=f"K{number}", unit="%", direction="lower", baseline=9, target=4,
                          owner=engineer, by=engineer)  # fmt: skip
        Kpi.objects.filter(pk=more.pk).update(aggregation=aggregation)
        target(more)
    assert [asked(on) for on in days] == few
