"""A demand goes its way step by step, is decided by others than its proposer, and becomes at most one project."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from people.models import AuditEntry
from projects.models import Demand, Project
from projects.services import (
    accept_demand,
    change_demand,
    decide_demand,
    open_improvement,
    propose_demand,
    submit_demand,
)
from projects.services.demand import STEPS, steps_from

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
Status = Demand.Status
WORDS = {"title": "Fewer misreads", "problem": "Seven in a hundred go astray"}


@pytest.fixture
def propose(department, engineer):
    def one(submitted=True, by=engineer, **changes):
        demand = propose_demand(**WORDS | {"department": department} | changes, at=AT, by=by)
        return submit_demand(demand=demand, at=AT, by=by) if submitted else demand

    return one


def decide(demand, status, by, **how):
    return decide_demand(demand=demand, status=status, **{"note": "Because", "at": AT, "by": by} | how)


def improve(project, department, **changes):
    given = {"title": "Benefit short", "problem": "It fell short", "department": department, "improves": project,
             "origin": "benefit", "reference": "benefit:1", "evidence": {"promised": 10, "realised": 4},
             "at": AT}  # fmt: skip
    return open_improvement(**given | changes)


def test_a_draft_is_its_proposers_until_it_is_submitted(propose, engineer, stranger, manager):
    draft = propose(submitted=False)
    see = lambda user: Demand.objects.visible_to(user).filter(pk=draft.pk).exists()  # noqa: E731
    assert (see(engineer), see(stranger), see(manager)) == (True, False, True)
    submit_demand(demand=draft, at=AT, by=engineer)
    assert see(stranger)


def test_the_words_of_a_submitted_demand_stay(propose, department, engineer):
    draft = propose(submitted=False)
    words = {"department": department, "horizon": "core", "impact": 5, "by": engineer}
    assert change_demand(demand=draft, title="Better", problem="Worse", **words).title == "Better"
    submit_demand(demand=draft, at=AT, by=engineer)
    with pytest.raises(ValidationError) as refusal:
        change_demand(demand=draft, title="Other", problem="Other", **words)
    assert refusal.value.code == "not_a_draft"


def test_nobody_decides_his_own_demand(propose, manager, make_user):
    own = propose(by=manager)
    with pytest.raises(ValidationError) as refusal:
        decide(own, Status.REJECTED, manager)
    assert refusal.value.code == "decides_own_demand"
    assert decide(own, Status.REJECTED, make_user("other.chief", "manager")).status == Status.REJECTED


@pytest.mark.parametrize("status", [Status.SHELVED, Status.REJECTED])
def test_a_no_needs_its_reason(propose, manager, status):
    with pytest.raises(ValidationError) as refusal:
        decide(propose(), status, manager, note="  ")
    assert "note" in refusal.value.error_dict


def test_an_illegal_step_is_refused_with_the_possible_ones_named(propose, manager):
    demand = decide(propose(), Status.SHELVED, manager)
    with pytest.raises(ValidationError) as refusal:
        decide(demand, Status.ACCEPTED, manager)
    assert refusal.value.code == "illegal_step"
    assert all(word in refusal.value.messages[0] for word in ("Submitted", "Under review", "Rejected"))


def test_a_shelved_demand_comes_back(propose, manager, engineer):
    demand = decide(propose(), Status.SHELVED, manager)
    demand = submit_demand(demand=demand, at=AT, by=engineer)
    assert (demand.status, demand.decided_at, demand.decision_note) == (Status.SUBMITTED, None, "")


def test_accepting_opens_the_project_or_neither(propose, manager, engineer, project, department):
    demand = propose(horizon="adjacent")
    new = {"title": "Reader", "portfolio": project.portfolio, "sponsor": department, "lead": engineer,
           "started_on": date(2026, 3, 2), "note": "", "at": AT, "by": manager}  # fmt: skip
    with pytest.raises(ValidationError):
        accept_demand(demand=demand, key="TRI", **new)  # the key is taken
    assert Project.objects.count() == 1
    opened = accept_demand(demand=demand, key="RDR", **new)
    demand.refresh_from_db()
    assert (demand.status, demand.project, demand.decided_by) == (Status.ACCEPTED, opened, manager)
    assert (opened.demand, opened.horizon) == (WORDS["problem"], "adjacent")


def test_a_manager_cannot_open_a_project_from_his_own_demand(propose, manager, engineer, project, department):
    with pytest.raises(ValidationError) as refusal:
        accept_demand(demand=propose(by=manager), key="OWN", title="Own", portfolio=project.portfolio,
                      sponsor=department, lead=engineer, started_on=date(2026, 3, 2), note="", at=AT,
                      by=manager)  # fmt: skip
    assert refusal.value.code == "decides_own_demand"
    assert not Project.objects.filter(key="OWN").exists()


def test_two_demands_do_not_become_the_same_project(propose, manager, project):
    decide(propose(), Status.ACCEPTED, manager, project=project)
    with pytest.raises(ValidationError) as refusal:
        decide(propose(), Status.ACCEPTED, manager, project=project)
    assert refusal.value.error_dict["project"][0].code == "project_taken"


def test_a_demand_is_merged_into_one_that_lives_and_never_in_a_circle(propose, manager):
    one, other = propose(), propose()
    for wrong in (None, one, propose(submitted=False)):
        with pytest.raises(ValidationError):
            decide(one, Status.MERGED, manager, merged_into=wrong)
    assert decide(one, Status.MERGED, manager, merged_into=other).merged_into == other
    one.refresh_from_db()
    with pytest.raises(ValidationError):
        decide(other, Status.MERGED, manager, merged_into=one)


def test_a_shortfall_opens_one_demand_however_often_it_is_seen(project, department):
    first, again = improve(project, department), improve(project, department, title="Again")
    assert first == again
    assert Demand.objects.count() == 1
    assert (first.status, first.proposer, first.evidence["realised"]) == (Status.SUBMITTED, None, 4)
    assert AuditEntry.objects.filter(verb="open_improvement").count() == 1
    assert improve(project, department, reference="benefit:2") != first


def test_an_improvement_shows_its_figures_only_to_those_who_see_the_project(project, department, viewer, stranger):
    improve(project, department)
    assert Demand.objects.visible_to(viewer).count() == 1
    assert not Demand.objects.visible_to(stranger).exists()


@settings(max_examples=25)
@given(steps=st.lists(st.sampled_from(list(Status)), min_size=1, max_size=6))
def test_any_walk_stays_on_the_table_and_the_trail_tells_it(steps, propose, project, manager, engineer):
    with transaction.atomic():
        demand, other, walked = propose(submitted=False), propose(), 1
        for step in steps:
            before = demand.status
            try:
                with transaction.atomic():
                    if step == Status.SUBMITTED:
                        demand = submit_demand(demand=demand, at=AT, by=engineer)
                    else:
                        demand = decide(demand, step, manager, project=project, merged_into=other)
            except ValidationError:
                demand.refresh_from_db()
                assert demand.status == before
                assert step not in STEPS[before]
            else:
                walked += 1
                assert step in STEPS[before]
                assert demand.status == step
                assert bool(demand.decided_at) == (step not in {Status.SUBMITTED, Status.UNDER_REVIEW})
        kept = Demand.objects.get(pk=demand.pk)
        assert (kept.status == Status.ACCEPTED) == bool(kept.project)
        assert steps_from(kept) == STEPS[kept.status]
        trail = AuditEntry.objects.filter(subject_type="projects.demand", subject_id=str(demand.pk))
        assert trail.count() == walked
        transaction.set_rollback(True)
