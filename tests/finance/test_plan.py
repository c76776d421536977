"""Plan versions and tranches: what is approved controls, the first is kept, what is released can be used."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from finance.models import Budget, BudgetLine, BudgetVersion, PlanLine
from finance.services.budget import reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual
from finance.services.period import add_cost_centre, open_periods
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    change_draft,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def periods(finance_user):
    return open_periods(first=date(2026, 1, 1), months=3, by=finance_user)


@pytest.fixture
def plan(project, manager, periods):
    return open_budget(project=project, name="Plan", currency="EUR", at=NOW, by=manager)


@pytest.fixture
def draft(plan, periods, manager):
    def draft_one(*amounts):
        """A version of (category, station, minor units), each in the first period."""
        lines = [PlannedAmount(periods[0], *each) for each in amounts]
        return draft_version(budget=plan, lines=lines, reason="Because", at=NOW, by=manager)

    return draft_one


@pytest.fixture
def approve(draft, finance_user):
    return lambda *amounts: approve_version(version=draft(*amounts), at=NOW, by=finance_user)


def code_of(act, *arguments, **named):
    with pytest.raises(ValidationError) as refusal:
        act(*arguments, **named)
    return refusal.value.code


def lines_of(plan):
    rows = BudgetLine.objects.filter(budget=plan).values_list("category", "planned_minor", "released_minor")
    return {category: figures for category, *figures in rows}


def spend(line, amount_minor, by):
    post_actual(line=line, amount_minor=amount_minor, memo="x", source="erp", external_id="1",
                effective_on=date(2026, 1, 5), at=NOW, by=by)  # fmt: skip


def test_a_budget_begins_without_money_and_a_draft_gives_none(plan, draft):
    draft(("compute", "data", 100))
    assert lines_of(plan) == {}
    assert AuditEntry.objects.filter(verb__in=["open_budget", "draft_version"]).count() == 2


def test_an_approved_version_sets_the_control_lines_to_its_sums_and_releases_them(plan, approve):
    version = approve(("compute", "data", 100), ("compute", "training", 50), ("people", "data", 7))
    assert lines_of(plan) == {"compute": [150, 150], "people": [7, 7]}
    assert (version.number, version.status, version.approved_by.username) == (1, "approved", "ruben.castillo")


def test_the_next_version_supersedes_and_the_baseline_is_kept(plan, approve):
    approve(("compute", "data", 100), ("people", "data", 7))
    approve(("compute", "training", 300))
    assert lines_of(plan) == {"compute": [300, 300], "people": [0, 0]}
    versions = plan.versions.values_list("number", "status")
    assert list(versions) == [(1, "superseded"), (2, "approved")]
    assert plan.versions.get(number=1).plan_lines.count() == 2


@pytest.mark.parametrize("document", ["reserved", "committed", "spent"])
def test_no_version_lowers_a_line_below_what_is_used(plan, approve, manager, finance_user, document):
    approve(("compute", "data", 100))
    line = plan.lines.get()
    if document == "reserved":
        reserve(line=line, amount_minor=60, reference="x:1", at=NOW, by=manager)
    elif document == "committed":
        commit(line=line, amount_minor=60, supplier="x", memo="x", source="erp", external_id="1", at=NOW, by=manager)
    else:
        spend(line, 60, finance_user)
    assert code_of(approve, ("compute", "data", 59)) == "plan_below_used"
    assert code_of(approve, ("people", "data", 1_000)) == "plan_below_used"
    assert (lines_of(plan), plan.versions.get(status="approved").number) == ({"compute": [100, 100]}, 1)
    approve(("compute", "data", 60))
    assert lines_of(plan) == {"compute": [60, 60]}


def test_an_overspent_line_can_be_raised_in_part(plan, approve, finance_user):
    approve(("compute", "data", 100))
    spend(plan.lines.get(), 500, finance_user)
    approve(("compute", "data", 200))
    assert lines_of(plan) == {"compute": [200, 200]}


def test_a_draft_can_be_written_anew_and_an_approved_version_cannot(plan, draft, approve, periods, manager):
    version = draft(("compute", "data", 100))
    lines = [PlannedAmount(periods[1], "compute", "data", 20)]
    change_draft(version=version, lines=lines, reason="Less", by=manager)
    assert [(line.period, line.amount_minor) for line in version.plan_lines.all()] == [(periods[1], 20)]
    approve_version(version=version, at=NOW, by=manager)
    assert code_of(change_draft, version=version, lines=lines, reason="x", by=manager) == "not_a_draft"
    assert code_of(approve_version, version=version, at=NOW, by=manager) == "not_a_draft"


def test_a_draft_older_than_the_version_in_force_is_not_approved(draft, approve, manager):
    older = draft(("compute", "data", 100))
    approve(("compute", "data", 200))
    assert code_of(approve_version, version=older, at=NOW, by=manager) == "overtaken"


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ([("compute", "data", -1)], "negative_plan"),
        ([("yachts", "data", 1)], "invalid_choice"),
        ([("compute", "regatta", 1)], "invalid_choice"),
        ([("compute", "data", 1), ("compute", "data", 2)], "duplicate"),
    ],
)
def test_a_fault_of_a_plan_names_its_line_and_leaves_nothing(draft, amounts, code):
    with pytest.raises(ValidationError) as refusal:
        draft(("people", "demand", 5), *amounts)
    [(place, [fault])] = refusal.value.error_dict.items()
    assert (place, fault.code) == (f"lines.{len(amounts)}", code)
    assert not BudgetVersion.objects.exists()


def test_an_empty_plan_is_refused(draft):
    assert code_of(draft) == "empty_plan"


def test_a_plan_is_by_cost_centre_as_well_while_that_is_valid(plan, periods, manager, finance_user):
    centre = add_cost_centre(code="1", name="x", owner=manager, valid_from=date(2026, 2, 1), by=manager)
    both = [PlannedAmount(periods[1], "compute", "data", 5, each) for each in (centre, None)]
    version = draft_version(budget=plan, lines=both, reason="", at=NOW, by=manager)
    approve_version(version=version, at=NOW, by=finance_user)
    assert lines_of(plan) == {"compute": [10, 10]}
    early = [PlannedAmount(periods[0], "compute", "data", 5, centre)]
    with pytest.raises(ValidationError) as refusal:
        draft_version(budget=plan, lines=early, reason="", at=NOW, by=manager)
    assert refusal.value.error_dict["lines.0"][0].code == "cost_centre_not_valid"


def test_a_metered_budget_gives_only_what_its_tranches_release(plan, approve, manager, engineer):
    approve(("compute", "data", 100), ("people", "data", 50))
    first, second = plan_tranches(
        budget=plan, tranches={"data": {"compute": 30, "people": 10}, "training": {"compute": 70}}, by=manager
    )
    assert lines_of(plan) == {"compute": [100, 0], "people": [50, 0]}
    line = plan.lines.get(category="compute")
    hold = {"line": line, "amount_minor": 30, "reference": "x:1", "at": NOW, "by": engineer}
    assert code_of(reserve, **hold) == "over_budget"
    release_tranche(tranche=first, reference="gate-decision:1", at=NOW, by=manager)
    assert lines_of(plan) == {"compute": [100, 30], "people": [50, 10]}
    reserve(**hold)
    release_tranche(tranche=second, reference="gate-decision:2", at=NOW, by=manager)
    assert lines_of(plan)["compute"] == [100, 100]


def test_a_tranche_is_released_once_and_for_one_decision(plan, approve, manager):
    approve(("compute", "data", 100))
    first, second = plan_tranches(budget=plan, tranches={"data": {"compute": 30}, "training": {}}, by=manager)
    release_tranche(tranche=first, reference="gate-decision:1", at=NOW, by=manager)
    again = {"at": NOW, "by": manager}
    assert code_of(release_tranche, tranche=first, reference="gate-decision:1", **again) == "already_released"
    assert code_of(release_tranche, tranche=second, reference="gate-decision:1", **again) == "reference_used"
    assert lines_of(plan)["compute"] == [100, 30]


def test_an_expired_tranche_is_not_released(plan, approve, manager):
    approve(("compute", "data", 100))
    [tranche] = plan_tranches(budget=plan, tranches={"data": {"compute": 30}}, by=manager, expires_on=date(2026, 3, 1))
    assert code_of(release_tranche, tranche=tranche, reference="x", at=NOW, by=manager) == "tranche_expired"


def test_tranches_stay_within_the_plan(plan, approve, manager):
    approve(("compute", "data", 100))
    above = {"data": {"compute": 60}, "training": {"compute": 41}}
    assert code_of(plan_tranches, budget=plan, tranches=above, by=manager) == "tranches_above_plan"
    assert code_of(plan_tranches, budget=plan, tranches={"data": {"people": 1}}, by=manager) == "no_line"
    with pytest.raises(ValidationError):
        plan_tranches(budget=plan, tranches={"data": {"compute": -1}}, by=manager)
    assert lines_of(plan) == {"compute": [100, 100]}
    assert not Budget.objects.get(pk=plan.pk).is_metered


def test_a_plan_is_not_approved_below_what_its_tranches_will_release(plan, draft, approve, manager, finance_user):
    approve(("people", "data", 10_000))
    plan_tranches(budget=plan, tranches={"data": {"people": 8_000}}, by=manager)
    less = draft(("people", "data", 7_999))
    assert code_of(approve_version, version=less, at=NOW, by=finance_user) == "tranches_above_plan"
    plan_tranches(budget=plan, tranches={"data": {"people": 5_000}}, by=manager)
    approve_version(version=less, at=NOW, by=finance_user)


def test_planning_tranches_again_keeps_the_released_ones(plan, approve, manager):
    approve(("compute", "data", 100))
    first, _second = plan_tranches(
        budget=plan, tranches={"data": {"compute": 30}, "training": {"compute": 70}}, by=manager
    )
    release_tranche(tranche=first, reference="x", at=NOW, by=manager)
    assert code_of(plan_tranches, budget=plan, tranches={"data": {"compute": 1}}, by=manager) == "already_released"
    plan_tranches(budget=plan, tranches={"feedback": {"compute": 70}}, by=manager)
    assert [each.station for each in plan.tranches.order_by("id")] == ["data", "feedback"]
    assert lines_of(plan) == {"compute": [100, 30]}


def test_a_new_version_of_a_metered_budget_releases_nothing_and_keeps_what_was_released(plan, approve, manager):
    approve(("compute", "data", 100))
    [tranche] = plan_tranches(budget=plan, tranches={"data": {"compute": 100}}, by=manager)
    approve(("compute", "data", 120))
    assert lines_of(plan) == {"compute": [120, 0]}
    release_tranche(tranche=tranche, reference="x", at=NOW, by=manager)
    approve(("compute", "data", 100))
    assert lines_of(plan) == {"compute": [100, 100]}
    assert code_of(approve, ("compute", "data", 99)) == "plan_below_used"


def test_a_budget_in_use_is_not_metered_any_more(plan, approve, manager, engineer):
    approve(("compute", "data", 100))
    reserve(line=plan.lines.get(), amount_minor=1, reference="x:1", at=NOW, by=engineer)
    assert code_of(plan_tranches, budget=plan, tranches={"data": {"compute": 1}}, by=manager) == "already_used"


def test_a_budget_approved_at_once_can_get_versions_later(budget, periods, manager):
    lines = [PlannedAmount(periods[0], "compute", "data", 60_000), PlannedAmount(periods[0], "people", "data", 1)]
    version = draft_version(budget=budget, lines=lines, reason="More", at=NOW, by=manager)
    approve_version(version=version, at=NOW, by=manager)
    assert lines_of(budget) == {"compute": [60_000, 60_000], "people": [1, 1]}
    assert PlanLine.objects.count() == 2
