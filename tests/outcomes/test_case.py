"""A business case is a new version each time, and its first flows come from what the portal knows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.appraisal import Flow
from outcomes.case import figures_of, flows_of, newest_cases, propose_flows
from outcomes.models import BusinessCase, CashFlow
from outcomes.services import make_case
from outcomes.value import gross_of_effect
from people.models import AuditEntry
from projects.models import Project, Station
from projects.services import assess_stage, enter_station, open_project

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
DAY = timezone.localdate()
FLOWS = (Flow(0, 100_000, 0), Flow(1, 5_000, 60_000, 90), Flow(2, 5_000, 60_000, 80))


@pytest.fixture
def make(project, engineer):
    def one(*flows, **terms):
        terms = {"project": project, "currency": "EUR", "discount_rate_bp": 800, "starts_on": DAY, "at": AT,
                 "by": engineer} | terms  # fmt: skip
        return make_case(flows=flows or FLOWS, **terms)

    return one


def test_each_case_is_a_version_and_the_older_one_stays(make):
    first, second = make(), make(Flow(0, 1, 2), note="Cheaper")
    assert [first.version, second.version] == [1, 2]
    assert flows_of(first) == FLOWS
    detail = AuditEntry.objects.get(verb="make_case", subject_id=str(second.pk)).detail
    assert (detail["version"], detail["flows"]) == (2, [[0, 1, 2, 100]])


@pytest.mark.parametrize("rows", [BusinessCase.objects, CashFlow.objects], ids=["case", "flows"])
def test_the_database_refuses_to_change_a_case(make, rows):
    make()
    row = rows.first()
    for change in (row.save, lambda: rows.filter(pk=row.pk)._raw_delete("default")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_years_come_back_in_their_order(make):
    assert flows_of(make(*reversed(FLOWS))) == FLOWS


@pytest.mark.parametrize(
    ("flows", "field", "code"),
    [
        ([Flow(0, 1, 1), Flow(0, 2, 2)], "flows", "duplicate"),
        ([Flow(0, 1, 1, 80), Flow(1, 1, 1, 81)], "flows", "probability_rises"),
        ([Flow(31, 1, 1)], "year", "max_value"),
        ([Flow(0, 1, 1, 101)], "p_cumulative_percent", "max_value"),
    ],
)
def test_unusable_flows_make_no_case(make, flows, field, code):
    with pytest.raises(ValidationError) as refusal:
        make(*flows)
    assert refusal.value.error_dict[field][0].code == code


def test_a_case_has_a_year(project, engineer):
    with pytest.raises(ValidationError) as refusal:
        make_case(project=project, currency="EUR", discount_rate_bp=800, starts_on=DAY, flows=[], at=AT, by=engineer)
    assert refusal.value.error_dict["flows"][0].code == "no_flows"
    assert not BusinessCase.objects.exists()


def test_the_figures_of_a_case_are_those_of_its_flows(make):
    figures = figures_of(make(discount_rate_bp=1_000))
    assert figures.npv.value == round(Decimal(-100_000) + Decimal(55_000) / Decimal("1.1") + 55_000 / Decimal("1.21"))
    assert figures.roi.value == Decimal(10_000) / 110_000
    assert figures.rnpv.value < figures.npv.value


def test_the_newest_cases_of_many_projects_take_two_queries(make, project, engineer, manager, department):
    for number in range(3):
        other = open_project(key=f"P{number}", title="Other", portfolio=project.portfolio, sponsor=department,
                             lead=engineer, started_on=project.started_on, by=manager)  # fmt: skip
        make(project=other)
        make(Flow(0, 1, 9), project=other)
    projects = list(Project.objects.all())
    with CaptureQueriesContext(connection) as queries:
        newest = newest_cases(projects)
        flows = [flows_of(case) for case in newest.values()]
    assert (len(queries), flows) == (2, [(Flow(0, 1, 9),)] * 3)


def test_a_project_of_which_nothing_is_known_gets_an_empty_proposal_that_says_so(project):
    proposal = propose_flows(project, currency="EUR", on=DAY, years=2)
    assert proposal.flows == (Flow(0, 0, 0), Flow(1, 0, 0), Flow(2, 0, 0))
    assert [source.split()[0] for source in proposal.sources] == ["No", "No", "No"]


def test_a_proposal_rests_on_budget_contract_and_stages(project, budget, contract, engineer):
    for station, percent in (("data", 80), ("training", 50)):
        assess_stage(stage=project.stages.get(station=station), p_success_percent=percent, cost_minor=None, by=engineer)
    proposal = propose_flows(project, currency="EUR", on=DAY, years=1)
    gross = gross_of_effect(contract, contract.kpi.target - contract.kpi.baseline)
    assert proposal.flows == (Flow(0, 1_050_000, 0), Flow(1, 3_140_000, gross, 40))
    assert "no run proves it yet" in proposal.sources[1]


def test_what_is_finished_is_no_risk_any_more(project, engineer):
    stage = project.stages.get(station="demand")
    assess_stage(stage=stage, p_success_percent=50, cost_minor=None, by=engineer)
    assert propose_flows(project, currency="EUR", on=DAY).flows[1].p_percent == 50
    enter_station(project=project, station=Station.DATA, on=DAY, by=engineer)
    assert propose_flows(project, currency="EUR", on=DAY).flows[1].p_percent == 100


def test_a_run_that_proves_the_contract_takes_the_place_of_hope(project, contract, make_run):
    hoped = propose_flows(project, currency="EUR", on=DAY)
    make_run(0.881)
    proven = propose_flows(project, currency="EUR", on=DAY)
    assert "best run" in proven.sources[1]
    assert 0 < proven.flows[1].benefit_minor < hoped.flows[1].benefit_minor


@pytest.mark.parametrize(
    ("ends", "benefits", "words"),
    [
        (None, [1, 1, 1], ""),
        (date(DAY.year + 9, 1, 1), [1, 1, 1], ""),
        (DAY.replace(year=DAY.year + 1), [1, 0, 0], "so what comes after brings and costs nothing."),
        (DAY.replace(year=DAY.year + 1) + timedelta(days=73), [1, 0.2, 0], "so year 2 counts for 20% and later ones"),
    ],
)
def test_nothing_is_proposed_beyond_the_end_of_the_contract(project, draft, ends, benefits, words):
    contract = draft(valid_to=ends, valid_from=DAY)
    proposal = propose_flows(project, currency="EUR", on=DAY, years=3)
    gross = gross_of_effect(contract, contract.kpi.target - contract.kpi.baseline)
    assert [flow.benefit_minor for flow in proposal.flows[1:]] == pytest.approx(
        [gross * share for share in benefits], rel=0.01
    )
    assert [flow.cost_minor for flow in proposal.flows[1:]] == pytest.approx(
        [3_140_000 * share for share in benefits], rel=0.01
    )
    assert words in proposal.sources[1]
    assert ("It ends before" in proposal.sources[1]) == bool(words)


def test_amounts_of_another_currency_are_not_mixed_in(project, budget, contract):
    proposal = propose_flows(project, currency="USD", on=DAY)
    assert {(flow.cost_minor, flow.benefit_minor) for flow in proposal.flows} == {(0, 0)}
    assert "USD" in proposal.sources[0]
    assert "counts in EUR" in proposal.sources[1]
