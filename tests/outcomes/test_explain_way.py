"""Explain the way of a KPI, of a key result and of an objective: measurements, formula, and the mean by weight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments.models import ModelVersion
from outcomes.explain import explain
from outcomes.kpi_status import figures
from outcomes.models import Kpi, Measurement, Objective
from outcomes.progress import objective_progress
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement, set_target
from projects.services import open_project

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NBSP = "\u00a0"


def texts(explanation):
    return {fact.label: fact.text for fact in explanation.facts}


def amounts(explanation):
    return [(term.sign, term.amount.replace(NBSP, " ")) for term in explanation.terms]


def figure(text):
    return float(text.replace("−", "-").split("%")[0].split()[0].replace(",", ""))


@pytest.fixture
def measured(kpi, engineer, make_run):
    """Two times, the second corrected after a model came into use."""
    run = make_run(0.941, 1)
    model = ModelVersion.objects.create(
        run=run, kind="image-classifier", path="x", digest="m" * 64, size_bytes=1, created_at=NOW
    )
    record_measurement(kpi=kpi, value=6.4, measured_at=NOW - timedelta(days=9), recorded_at=NOW, by=engineer)
    record_measurement(kpi=kpi, value=5.0, measured_at=NOW, recorded_at=NOW, by=engineer)
    record_measurement(kpi=kpi, value=4.5, measured_at=NOW, recorded_at=NOW + timedelta(hours=2), by=engineer,
                       source="sorter log, page 4", model_version=model)  # fmt: skip
    return kpi


@pytest.fixture
def objective(project, manager):
    return open_objective(portfolio=project.portfolio, title="Fewer misreads", owner=manager, by=manager,
                          starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1))  # fmt: skip


def test_the_way_of_a_kpi_is_explained_from_its_baseline_to_its_target(measured, contract, engineer):
    told = explain("kpi", str(measured.pk), engineer)
    assert amounts(told) == [
        ("", "4.5%"),
        ("−", "7.1%"),
        ("=", "−2.6 points"),
        ("÷", "−4.1 points"),
        ("=", "63%"),
    ]
    assert told.title == "Where 63% comes from"
    facts = texts(told)
    assert facts["Source"] == "sorter log, page 4"
    assert facts["Run"].startswith("TRI-1, image-classifier")
    assert facts["Recorded"] == f"{engineer}, 2 Mar 2026"
    assert facts["Corrects"] == f"5%, recorded 2 Mar 2026 by {engineer}"
    assert facts["Measurements"] == "2 times measured, 3 records"
    urls = {fact.label: fact.url for fact in told.facts}
    assert urls["Measured"] == f"/kpis/{measured.pk}/"
    assert urls["Value contract"] == f"/explain/value/{contract.pk}/"


def test_the_terms_of_a_way_give_the_figure(measured, engineer):
    now, baseline, moved, whole, reached = (
        figure(term.amount) for term in explain("kpi", str(measured.pk), engineer).terms
    )
    assert now - baseline == pytest.approx(moved)
    assert round(moved / whole * 100) == reached


def test_a_kpi_that_was_never_measured_says_so(kpi, engineer):
    told = explain("kpi", str(kpi.pk), engineer)
    assert told.terms == ()
    assert told.title == "Parcels misread"
    assert told.note == "Its KPI has not been measured yet."
    assert texts(told)["Measured"] == "not yet"


def test_a_kpi_without_a_way_says_why(measured, engineer):
    Kpi.objects.filter(pk=measured.pk).update(target=7.1)
    told = explain("kpi", str(measured.pk), engineer)
    assert told.terms == ()
    assert "no way to go" in told.note


def test_a_step_back_is_below_nothing(kpi, engineer):
    record_measurement(kpi=kpi, value=9.15, measured_at=NOW, by=engineer)
    assert amounts(explain("kpi", str(kpi.pk), engineer))[-1] == ("=", "−50%")


@pytest.mark.parametrize("aggregation", ["mean", "sum"])
def test_a_mean_or_a_sum_of_a_period_is_explained_by_what_was_measured_in_it(aggregation, kpi, engineer):
    Kpi.objects.filter(pk=kpi.pk).update(aggregation=aggregation)
    kpi.refresh_from_db()
    today, now = timezone.localdate(), timezone.now()
    for days, value in ((40, 99.0), (4, 1.0), (3, 2.0), (2, 6.0)):
        record_measurement(kpi=kpi, value=value, measured_at=now - timedelta(days=days), by=engineer)
    record_measurement(kpi=kpi, value=3.0, measured_at=now - timedelta(days=2), by=engineer)
    set_target(kpi=kpi, starts_on=today - timedelta(days=9), ends_on=today + timedelta(days=10), value=3, amber=4,
               red=5, at=now, by=engineer)  # fmt: skip
    told = explain("kpi", str(kpi.pk), engineer)
    whole, start, moved, span, reached = (figure(term.amount) for term in told.terms)
    assert (whole, told.terms[0].source) == (6.0 if aggregation == "sum" else 2.0, "3 measurements")
    assert whole - start == pytest.approx(moved)
    assert round(moved / span * 100) == reached
    (stands,) = figures(Kpi.objects.filter(pk=kpi.pk), Measurement.objects.filter(kpi=kpi), today)
    assert round(stands.reached * 100) == reached


def test_nothing_measured_in_the_period_says_so(measured, engineer):
    Kpi.objects.filter(pk=measured.pk).update(aggregation="mean")
    told = explain("kpi", str(measured.pk), engineer)
    assert told.terms == ()
    assert told.note == "Its KPI has not been measured in this period yet."


def one_more(project, name, manager, value=None):
    kpi = define_kpi(project=project, name=name, unit="h", direction="lower", baseline=8.0, target=4.0, owner=manager,
                     by=manager)  # fmt: skip
    if value is not None:
        record_measurement(kpi=kpi, value=value, measured_at=NOW, by=manager)
    return kpi


def test_an_objective_is_the_mean_of_its_key_results_by_weight(objective, measured, project, manager, engineer):
    results = [
        add_key_result(objective=objective, kpi=measured, target=4.1, weight=2, by=manager),
        add_key_result(objective=objective, kpi=one_more(project, "Beyond", manager, 2.0), by=manager),
        add_key_result(objective=objective, kpi=one_more(project, "Not measured", manager), weight=3, by=manager),
    ]
    told = explain("objective", str(objective.pk), engineer)
    assert amounts(told) == [
        ("", "173.33%"),
        ("+", "100.00%"),
        ("+", "0.00%"),
        ("=", "273.33%"),
        ("÷", "6"),
        ("=", "46%"),
    ]
    parts = [figure(term.amount) for term in told.terms]
    assert sum(parts[:3]) == pytest.approx(parts[3])
    assert round(parts[3] / parts[4]) == parts[5]
    shown = objective_progress([objective], timezone.localdate())[0].progress.shown
    assert round(shown * 100) == parts[5]
    assert told.terms[2].source == "not measured, counts as nothing, weight 3"
    assert told.note == "1 of 3 key results have no measurement and count as nothing."
    linked = [fact.url for fact in told.facts if fact.label == "Key result"]
    assert linked == [f"/explain/key-result/{result.pk}/" for result in results]


def test_a_key_result_goes_its_own_way(objective, measured, manager, engineer):
    result = add_key_result(objective=objective, kpi=measured, baseline=6.5, target=4.5, weight=2, by=manager)
    told = explain("key-result", str(result.pk), engineer)
    assert amounts(told)[-1] == ("=", "100%")
    assert texts(told)["Weight"] == "2"
    urls = {fact.label: fact.url for fact in told.facts}
    assert urls["Objective"] == f"/explain/objective/{objective.pk}/"
    assert urls["KPI"] == f"/explain/kpi/{measured.pk}/"


def test_an_objective_without_figures_has_no_sum(objective, kpi, manager, engineer):
    assert explain("objective", str(objective.pk), engineer).terms == ()
    result = add_key_result(objective=objective, kpi=kpi, by=manager)
    told = explain("objective", str(objective.pk), engineer)
    assert (told.terms, told.title) == ((), "Fewer misreads")
    assert explain("key-result", str(result.pk), engineer).terms == ()


def test_a_key_result_of_another_team_counts_without_its_name(objective, measured, project, department, manager,
                                                              engineer):  # fmt: skip
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=manager,
                         started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    add_key_result(objective=objective, kpi=measured, by=manager)
    hidden = add_key_result(objective=objective, kpi=one_more(other, "Secret", manager, 6.0), by=manager)
    told = explain("objective", str(objective.pk), engineer)
    assert [term.label for term in told.terms[:2]] == ["Parcels misread", "a KPI of another team"]
    assert amounts(told)[1] == ("+", "50.00%")
    assert "Secret" not in str(told)
    assert len([fact for fact in told.facts if fact.label == "Key result"]) == 1
    with pytest.raises(ObjectDoesNotExist):
        explain("key-result", str(hidden.pk), engineer)
    assert explain("key-result", str(hidden.pk), manager).terms


def test_the_ways_of_another_team_do_not_exist(objective, measured, manager, stranger, finance_user):
    result = add_key_result(objective=objective, kpi=measured, by=manager)
    for kind, row in (("kpi", measured), ("objective", objective), ("key-result", result)):
        with pytest.raises(ObjectDoesNotExist):
            explain(kind, str(row.pk), stranger)
        assert explain(kind, str(row.pk), finance_user).terms


def test_many_rows_are_explained_with_as_many_questions_as_few(objective, measured, project, manager, engineer):
    add_key_result(objective=objective, kpi=measured, by=manager)

    def questions(kind, row):
        with CaptureQueriesContext(connection) as asked:
            explain(kind, str(row.pk), engineer)
        return len(asked)

    few = questions("kpi", measured), questions("objective", objective)
    for number in range(4):
        record_measurement(kpi=measured, value=4.0, measured_at=NOW + timedelta(days=number), by=engineer,
                           recorded_at=NOW + timedelta(days=9))  # fmt: skip
        add_key_result(objective=objective, kpi=one_more(project, f"Figure {number}", manager, 7.0), by=manager)
    assert (questions("kpi", measured), questions("objective", objective)) == few
    assert Objective.objects.count() == 1
