"""Explain this number: the chain is complete, adds up, and stops at the border of the team."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist

from finance.models import Reservation
from finance.services.budget import end_reservation, reserve
from finance.services.journal import post_actual
from outcomes.appraisal import Flow
from outcomes.explain import KINDS, explain
from outcomes.services import make_case, promise_benefit, realise_benefit, sign_contract
from outcomes.value import value_of
from trainingjobs.models import Attempt, TrainingJob

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NBSP = "\u00a0"


@pytest.fixture
def job(project, engineer, rate_card, compute_line, make_run):
    """A finished job that metered half a core-hour and two GiB-hours, charged to the compute line."""
    reservation = reserve(line=compute_line, amount_minor=60, reference="job:47", at=NOW, by=engineer)
    end_reservation(reservation=reservation, status=Reservation.Status.RELIEVED, at=NOW)
    charge = post_actual(line=compute_line, amount_minor=27, memo="TRI-47", source="job", external_id="47",
                         effective_on=date(2026, 3, 2), at=NOW, by=None, rate_card=rate_card)  # fmt: skip
    job = TrainingJob.objects.create(
        project=project, number=47, recipe="image-classifier", params={}, submitted_by=engineer, submitted_at=NOW,
        state="succeeded", started_at=NOW, finished_at=NOW, rate_card=rate_card, reservation=reservation,
        forecast_seconds_low=60, forecast_seconds_mid=70, forecast_seconds_high=90, forecast_micro_low=200_000,
        forecast_micro_mid=250_000, forecast_micro_high=600_000, cpu_core_seconds=1800, gib_seconds=7200,
        energy_wh=5.75, cost_micro=265_668, charge=charge, run=make_run(0.941, 1),
    )  # fmt: skip
    Attempt.objects.create(job=job, fence=1, worker="w", started_at=NOW, ended_at=NOW, outcome="lost")
    Attempt.objects.create(job=job, fence=2, worker="w", started_at=NOW, ended_at=NOW, outcome="finished")
    return job


def texts(explanation):
    return {fact.label: fact.text for fact in explanation.facts}


def amounts(explanation):
    return [(term.sign, term.amount.replace(NBSP, " ")) for term in explanation.terms]


def test_a_value_is_explained_from_the_signature_to_the_rate_card(job, contract, make_run, engineer, finance_user):
    make_run(0.938, 2)
    sign_contract(contract=contract, by=finance_user, at=NOW)
    told = explain("value", str(contract.pk), engineer)
    assert amounts(told) == [
        ("", "4,380,000"),
        ("×", "7 points"),
        ("×", "EUR 0.01458"),
        ("=", "EUR 447,022.80"),
        ("−", "EUR 31,400.00"),
        ("=", "EUR 415,622.80"),
    ]
    facts = texts(told)
    assert facts["Run"].startswith("TRI-1, image-classifier")
    assert "1,797 rows" in facts["Data set"]
    assert "abababab…abab" in facts["Data set"]
    assert facts["Rate card"].startswith("Compute v1")
    assert facts["Signed"] == "Ruben Castillo, 2 Mar 2026"
    assert "version 1" in facts["Formula"]
    assert "signed" in facts["Formula"]
    assert facts["Range"].startswith("P10 EUR")
    assert "2 seeds" in facts["Method"]
    assert facts["Cost of the run"].replace(NBSP, " ") == "EUR 0.265668"
    assert not told.is_hypothesis


def test_the_facts_lead_to_their_pages(job, contract, engineer):
    urls = {fact.label: fact.url for fact in explain("value", str(contract.pk), engineer).facts}
    assert urls["Run"] == "/jobs/TRI-47/"
    assert urls["Project"] == "/projects/TRI/"
    assert urls["Rate card"] == "/rate-cards/"
    assert urls["Cost of the run"] == f"/explain/job-cost/{job.pk}/"


def test_the_value_of_one_run_is_explained_by_that_run(contract, make_run, engineer):
    make_run(0.95, 1)
    weaker = make_run(0.931, 2)
    told = explain("run-value", value_of(contract, weaker).key, engineer)
    assert amounts(told)[1] == ("×", "6 points")
    assert texts(told)["Run"].startswith("TRI-2")
    assert "of this run" in texts(told)["Metric"]


def test_a_run_without_the_metric_has_no_value_to_explain(contract, make_run, engineer):
    run = make_run(metrics={"validation_loss": 0.1})
    with pytest.raises(ObjectDoesNotExist):
        explain("run-value", f"{contract.pk}-{run.pk}", engineer)


def test_an_unsigned_value_says_that_it_is_a_hypothesis(contract, make_run, engineer):
    make_run()
    told = explain("value", str(contract.pk), engineer)
    assert told.is_hypothesis
    assert texts(told)["Signed"].startswith("Hypothesis: nobody has signed it")


def test_a_contract_without_a_run_says_what_is_missing(contract, engineer):
    told = explain("value", str(contract.pk), engineer)
    assert told.terms == ()
    assert "No finished run of TRI has test accuracy" in told.note


def test_the_cost_of_a_job_adds_up_to_what_the_ledger_says(job, engineer):
    told = explain("job-cost", str(job.pk), engineer)
    assert amounts(told) == [
        ("", "EUR 0.24"),
        ("+", "EUR 0.00"),
        ("+", "EUR 0.024"),
        ("+", "EUR 0.001668"),
        ("=", "EUR 0.265668"),
        ("=", "EUR 0.27"),
    ]
    assert told.terms[-1].source == "a started cent is charged"
    assert told.terms[0].source.replace(NBSP, " ") == "0.5 core-hours at EUR 0.48"
    facts = texts(told)
    assert facts["Reservation"].replace(NBSP, " ") == "EUR 0.60, relieved by an actual"
    assert facts["Attempts"] == "2 attempts: worker lost, finished"
    assert facts["Price tag said"].replace(NBSP, " ") == "EUR 0.25, between EUR 0.20 and EUR 0.60"
    assert facts["Journal entry"].startswith(f"no. {job.charge.pk}")
    assert {"Rate card", "Run", "Data set", "Budget line"} <= facts.keys()


def test_a_running_job_shows_what_it_would_be_charged_now(job, engineer):
    TrainingJob.objects.filter(pk=job.pk).update(charge=None, run=None)
    told = explain("job-cost", str(job.pk), engineer)
    assert told.terms[-1].label == "Would be charged now"
    assert "none yet" in texts(told)["Journal entry"]


def test_a_budget_line_counts_its_reservations_and_entries(job, compute_line, engineer):
    reserve(line=compute_line, amount_minor=1_000, reference="job:48", at=NOW, by=engineer)
    told = explain("budget-line", str(compute_line.pk), engineer)
    assert amounts(told) == [("", "EUR 500.00"), ("−", "EUR 10.00"), ("−", "EUR 0.27"), ("=", "EUR 489.73")]
    assert [term.source for term in told.terms[1:3]] == ["1 open reservation", "1 journal entry"]
    assert texts(told)["Approved"] == "Katrin Vogel, 5 Jan 2026"
    assert texts(told)["Latest entry"] == "TRI-47, 2 Mar 2026"


def test_a_budget_sums_its_lines(job, budget, engineer):
    told = explain("budget", str(budget.pk), engineer)
    assert amounts(told)[-1] == ("=", "EUR 10,499.73")
    assert {"Compute", "People"} <= texts(told).keys()


@pytest.fixture
def benefit(project, engineer, contract):
    """Four months at 1,000 each, of which the last two fell short."""
    months = [date(2026, month, 1) for month in range(1, 5)]
    benefit = promise_benefit(project=project, name="Sorting saved", kind="cashable", owner=engineer, currency="EUR",
                              plan=dict.fromkeys(months, 100_000), baseline_minor=50_000, kpi=contract.kpi,
                              contract=contract, at=NOW, by=engineer)  # fmt: skip
    for month, actual in zip(months, (100_000, 100_000, 50_001, 40_000), strict=True):
        realise_benefit(benefit=benefit, month=month, actual_minor=actual, attributed_percent=50,
                        at=datetime(2026, 5, 2, tzinfo=UTC), by=engineer)  # fmt: skip
    return benefit


@pytest.fixture
def case(project, engineer):
    flows = [Flow(0, 100_000, 0), Flow(1, 10_000, 120_000, 50), Flow(3, 0, 50_000, 40)]
    return make_case(project=project, currency="EUR", discount_rate_bp=1_000, starts_on=date(2026, 1, 1), flows=flows,
                     note="Approved budget", at=NOW, by=engineer)  # fmt: skip


def test_a_benefit_is_explained_by_its_newest_months_and_its_promise(benefit, engineer):
    told = explain("benefit", str(benefit.pk), engineer)
    assert amounts(told) == [
        ("", "EUR 500.00"),
        ("+", "EUR 500.00"),
        ("+", "EUR 250.01"),
        ("+", "EUR 200.00"),
        ("=", "EUR 1,450.01"),
    ]
    assert [term.label for term in told.terms[:4]] == ["1 month before", "2026-02", "2026-03", "2026-04"]
    assert told.terms[2].source.replace(NBSP, " ") == "50 % of EUR 500.01 is owed to the project, recorded 2 May 2026"
    facts = texts(told)
    assert facts["Promised"].replace(NBSP, " ") == "EUR 4,000.00 from 2026-01 to 2026-04, on 2 Mar 2026"
    held = "EUR 950.01 of EUR 3,000.00 since 2026-02; 20 % less is within the tolerance"
    assert facts["Against its promise"].replace(NBSP, " ") == held
    assert facts["Before the project"].replace(NBSP, " ") == "EUR 500.00 a month"
    assert facts["Improvement demand"].endswith(", submitted")
    assert "not signed: a hypothesis" in facts["Value contract"]
    assert told.is_hypothesis


def test_a_benefit_that_has_brought_nothing_yet_tells_its_promise(project, engineer):
    benefit = promise_benefit(project=project, name="Later", kind="cashable", owner=engineer, currency="EUR",
                              plan={date(2026, 9, 1): 5}, at=NOW, by=engineer)  # fmt: skip
    told = explain("benefit", str(benefit.pk), engineer)
    assert told.terms == ()
    assert {"Improvement demand", "KPI", "Value contract"}.isdisjoint(texts(told))
    assert not told.is_hypothesis


def test_a_case_is_explained_year_by_year(case, engineer):
    told = explain("case", str(case.pk), engineer)
    assert amounts(told) == [
        ("", "−EUR 1,000.00"),
        ("+", "EUR 500.00"),
        ("+", "EUR 150.26"),
        ("=", "−EUR 349.74"),
    ]
    assert [term.label for term in told.terms] == ["Year 0", "Year 1", "Year 3", "Risk-adjusted NPV"]
    assert told.terms[1].source.replace(NBSP, " ") == "EUR 1,200.00 − EUR 100.00, 50 % likely, EUR 1,000.00 today"
    facts = texts(told)
    assert facts["NPV"].replace(NBSP, " ") == "EUR 375.66"
    assert facts["Discount rate"].replace(NBSP, " ") == "10% a year, year 0 is 1 Jan 2026"
    assert facts["Rests on"] == "Approved budget"


def test_a_figure_that_a_case_does_not_have_says_why(project, engineer):
    case = make_case(project=project, currency="EUR", discount_rate_bp=0, starts_on=date(2026, 1, 1),
                     flows=[Flow(0, 100, 0)], at=NOW, by=engineer)  # fmt: skip
    facts = texts(explain("case", str(case.pk), engineer))
    assert "Rests on" not in facts
    assert all(len(facts[name].split()) > 3 for name in ("IRR", "Payback", "Discounted payback"))


@pytest.mark.parametrize(
    "kind", ["value", "run-value", "job-cost", "budget-line", "budget", "project-left", "benefit", "case"]
)
def test_the_figures_of_another_team_do_not_exist(
    kind, job, contract, compute_line, budget, benefit, case, stranger, finance_user, viewer
):
    run_value = f"{contract.pk}-{job.run.pk}"
    keys = {
        "value": contract.pk,
        "run-value": run_value,
        "job-cost": job.pk,
        "budget-line": compute_line.pk,
        "budget": budget.pk,
        "project-left": budget.pk,
        "benefit": benefit.pk,
        "case": case.pk,
    }
    with pytest.raises(ObjectDoesNotExist):
        explain(kind, str(keys[kind]), stranger)
    assert explain(kind, str(keys[kind]), finance_user) == explain(kind, str(keys[kind]), viewer)


@pytest.mark.parametrize("pk", ["", "0", "x", "1 OR 1=1", "../..", "9" * 30, "00000000-0000-4000-8000-000000000000"])
@pytest.mark.parametrize("kind", [*KINDS, "horoscope"])
def test_a_key_or_kind_that_means_nothing_does_not_exist(kind, pk, job, engineer):
    with pytest.raises(ObjectDoesNotExist):
        explain(kind, pk, engineer)
