"""Light, pill, headline, gate fact and key result of a KPI judge by the same, of a sum by the target of its period."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from outcomes.gate_facts import facts_of, read
from outcomes.kpi_status import months_between
from outcomes.models import GateCriterion, KeyResult, Kpi, Measurement
from outcomes.progress import objective_progress
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement, set_target
from portal.boards.kpi import kpi_facts, kpi_title
from portal.boards.targets import target_rows

DAY = date(2025, 11, 22)  # 22 of the 30 days of November have passed
AT = datetime(2025, 11, 20, 9, tzinfo=UTC)
JANUARY = datetime(2025, 1, 2, 9, tzinfo=UTC)
NOVEMBER = {"starts_on": date(2025, 11, 1), "ends_on": date(2025, 12, 1)}
SMALL, EASY = (50, 52, 55), (1300, 1400, 1500)


@pytest.fixture
def then(project, engineer, manager, monkeypatch):
    """A KPI of last year from 1200 to 600, with a target of November where one is set, and one measurement."""

    def stand(aggregation, limits, value, key_target=None):
        with monkeypatch.context() as clock:
            clock.setattr(timezone, "now", lambda: JANUARY)
            kpi = define_kpi(project=project, name="Misread", unit="parcels", direction="lower", baseline=1200,
                             target=600, owner=engineer, by=engineer, aggregation=aggregation)  # fmt: skip
            if limits:
                target, amber, red = limits
                set_target(kpi=kpi, **NOVEMBER, value=target, amber=amber, red=red, at=JANUARY, by=engineer)
            objective = open_objective(portfolio=project.portfolio, title="Fewer", owner=manager, by=manager,
                                       starts_on=date(2025, 1, 1), ends_on=date(2026, 1, 1))  # fmt: skip
            add_key_result(objective=objective, kpi=kpi, by=manager, target=key_target)
            record_measurement(kpi=kpi, value=value, measured_at=AT, recorded_at=AT, by=engineer)
        return kpi

    return stand


def plain(text):
    return text.replace("\xa0", " ")


def judged(kpi):
    """What each place says on the day: light, pill, headline, the way on boards, at a gate and of a key result."""
    facts = kpi_facts(kpi, DAY)
    lights = {facts.figure.status.state.value} | {
        row.status.state.value for row in target_rows(facts, DAY, DAY) if row.when == "now"
    }
    criterion = GateCriterion(position=1, title="x", kind="must_meet", fact="kpi_reached", threshold=1)
    gate = read(criterion, facts_of([kpi.project_id], AT, DAY)[kpi.project_id], {}).value
    (told,) = objective_progress([KeyResult.objects.get().objective], DAY)
    return lights, facts.pill[0], plain(kpi_title(facts)), facts.reached, gate / 100, told.key_results[0].progress.raw


@pytest.mark.parametrize(
    ("aggregation", "limits", "value", "light", "pill", "headline", "way"),
    [
        ("sum", SMALL, 60, "red", "Red", "by now its target is 36.7 parcels", (880 - 60) / (880 - 36.67)),
        ("sum", SMALL, 30, "green", "On target", "by now its target is 36.7 parcels", (880 - 30) / (880 - 36.67)),
        ("sum", SMALL, 900, "red", "Red", "by now its target is 36.7 parcels", (880 - 900) / (880 - 36.67)),
        ("sum", EASY, 900, "green", "On target", "by now its target is 953", 1.0),
        ("sum", EASY, 1020, "green", "On target", "by now its target is 953", 0.0),
        ("sum", None, 2663.2, "unknown", "50% of the way", "50% of the way to its target of 1,775", 0.5),
        ("sum", None, 1700, "unknown", "On target", "to its target of 1,775", (3550.97 - 1700) / 1775.48),
        ("sum", None, 4000, "unknown", "Wrong way", "to its target of 1,775", (3550.97 - 4000) / 1775.48),
        ("mean", None, 900, "unknown", "50% of the way", "50% of the way to its target", 0.5),
        ("mean", (900, 950, 990), 900, "green", "On target, 50% of the way", "50% of the way", 0.5),
        ("last", (800, 850, 880), 900, "red", "Red, 50% of the way", "300 parcels short of the target", 0.5),
        ("last", None, 600, "unknown", "On target", "the target of 600 parcels is reached", 1.0),
    ],
)
def test_all_places_agree(then, aggregation, limits, value, light, pill, headline, way):
    lights, said, title, *ways = judged(then(aggregation, limits, value))
    assert lights == {light}
    assert said == pill
    assert headline in title
    assert ways == [pytest.approx(way, abs=1e-3)] * 3


def test_a_key_result_with_a_target_of_its_own_keeps_it_for_each_month(then):
    *_said, of_kpi, gate, of_result = judged(then("sum", SMALL, 440, key_target=300))
    assert of_result == pytest.approx((880 - 440) / (880 - 220))
    assert of_kpi == pytest.approx(gate, abs=1e-4) == pytest.approx((880 - 440) / (880 - 36.67), abs=1e-3)


@pytest.mark.parametrize(
    ("begins", "ends", "months"),
    [
        (date(2025, 11, 1), date(2025, 12, 1), 1.0),
        (date(2025, 11, 1), date(2025, 11, 23), 22 / 30),
        (date(2025, 8, 25), date(2025, 11, 23), 7 / 31 + 2 + 22 / 30),
        (date(2024, 2, 1), date(2025, 2, 1), 12.0),
        (date(2025, 2, 1), date(2025, 2, 1), 0.0),
    ],
)
def test_a_month_counts_as_one_however_long_it_is(begins, ends, months):
    assert months_between(begins, ends) == pytest.approx(months)


def test_the_page_says_that_the_figures_of_a_sum_are_of_one_month(then, sign_in, engineer):
    kpi = then("sum", None, 2663.2)
    page = sign_in(engineer).get(f"{kpi.get_absolute_url()}?as_of={DAY.isoformat()}").content.decode()
    assert "600 parcels a month" in plain(page)
    form = sign_in(engineer).get("/projects/TRI/kpis/new/").content.decode()
    assert "their baseline and target are those of one month" in form


def test_the_explanation_of_a_sum_names_the_target_of_its_period(project, engineer):
    from outcomes.explain import explain

    now, today = timezone.now(), timezone.localdate()
    kpi = define_kpi(project=project, name="Misread", unit="parcels", direction="lower", baseline=1200, target=600,
                     owner=engineer, by=engineer, aggregation=Kpi.Aggregation.SUM)  # fmt: skip
    set_target(kpi=kpi, starts_on=today.replace(day=1), ends_on=today.replace(year=today.year + 1, day=1), value=50,
               amber=52, red=55, at=now, by=engineer)  # fmt: skip
    record_measurement(kpi=kpi, value=60, measured_at=now, by=engineer)
    told = explain("kpi", str(kpi.pk), engineer)
    assert "1,200\xa0parcels a month ×" in told.terms[1].source
    assert any(fact.label == "Target of the period" and "50" in fact.text for fact in told.facts)
    assert Measurement.objects.count() == 1
