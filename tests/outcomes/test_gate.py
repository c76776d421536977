"""Gates: who asks, what is read, who decides, and what a decision does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from finance.models import BudgetLine, Commitment, FundingTranche, Reservation
from finance.services.budget import reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual
from finance.services.plan import plan_tranches
from outcomes import evidence
from outcomes.gate_effects import prospect_of
from outcomes.gate_sets import CriterionDraft, check
from outcomes.models import EvidenceSnapshot, Gate, GateDecision, GateReview
from outcomes.services.condition import ConditionDraft
from outcomes.services.gate import answer_check, ask_review, define_gate, lay_gates, next_gate, withdraw_review
from outcomes.services.gate_decision import decide_gate
from people.models import AuditEntry, Notice
from projects.models import Project, Station
from trainingjobs.models import JobState
from trainingjobs.services import submit_job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def other_manager(make_user):
    return make_user("olga.other", "manager")


@pytest.fixture
def gate(project, manager):
    """One must that only a check list answers, one should that is read live."""
    return define_gate(
        horizon="core",
        station="data",
        title="Is the demand worth its data?",
        criteria=[
            check("Privacy is cleared"),
            CriterionDraft("Money is available", "should_meet", "available", 1, weight=3),
            check("The team is named", "should_meet"),
        ],
        by=manager,
    )


@pytest.fixture
def review(project, gate, engineer):
    return ask_review(project=project, gate=gate, at=NOON, by=engineer, due_on=date(2026, 12, 1))


@pytest.fixture
def cleared(review, gate, engineer):
    answer_check(review=review, criterion=gate.criteria.first(), met=True, note="Signed", at=NOON, by=engineer)
    return review


def decide(review, by, outcome="go", reasons="The evidence says so", **words):
    return decide_gate(review=review, outcome=outcome, reasons=reasons, at=NOON, by=by, **words)


# Criteria


def test_an_installation_begins_with_three_sets_of_five_gates_and_they_are_laid_once(db):
    assert lay_gates(by=None) == 15
    assert lay_gates(by=None) == 0
    assert Gate.objects.count() == 15


def test_core_is_asked_for_figures_where_transformational_work_is_asked_what_it_learned(db):
    lay_gates(by=None)
    facts = {
        horizon: set(Gate.objects.get(horizon=horizon, station="data").criteria.values_list("fact", flat=True))
        for horizon in ("core", "transformational")
    }
    assert {"kpi_reached", "value_signed", "available"} <= facts["core"]
    assert facts["transformational"] == {"check", "open_risk"}


def test_criteria_stay_while_a_review_waits(review, gate, manager):
    with pytest.raises(ValidationError) as refusal:
        define_gate(horizon="core", station="data", title="Easier", criteria=[check("Nothing")], by=manager)
    assert refusal.value.code == "gate_in_use"
    withdraw_review(review=review, at=NOON, by=manager)
    assert define_gate(horizon="core", station="data", title="Easier", criteria=[check("A")], by=manager).pk == gate.pk


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (CriterionDraft("No bound", "must_meet", "available"), "threshold"),
        (CriterionDraft("No metric", "must_meet", "model_metric", 0.9), "metric"),
        (CriterionDraft("Luck", "must_meet", "luck", 1), "fact"),
        (CriterionDraft("A bound", "must_meet", "check", 1), "threshold"),
    ],
)
def test_a_criterion_that_cannot_be_read_is_refused(db, manager, draft, field):
    with pytest.raises(ValidationError) as refusal:
        define_gate(horizon="core", station="data", title="Ready?", criteria=[draft], by=manager)
    assert field in refusal.value.message_dict


def test_an_engineer_moves_no_posts(project, engineer):
    with pytest.raises(ValidationError, match="Only managers"):
        define_gate(horizon="core", station="data", title="Mine", criteria=[check("A")], by=engineer)


# Asking


def test_a_review_is_asked_for_at_the_next_gate_and_the_managers_are_told(review, project, manager):
    assert (review.number, review.gate) == (1, next_gate(project))
    assert Notice.objects.get(user=manager, kind="gate").url == review.get_absolute_url()


def test_one_review_waits_at_a_time(review, project, gate, engineer):
    with pytest.raises(ValidationError) as refusal:
        ask_review(project=project, gate=gate, at=NOON, by=engineer)
    assert refusal.value.code == "review_open"


def test_only_the_next_gate_of_the_own_horizon_is_open(project, gate, manager):
    lay_gates(by=None)
    for wrong in (Gate.objects.get(horizon="core", station="training"),
                  Gate.objects.get(horizon="adjacent", station="data")):  # fmt: skip
        with pytest.raises(ValidationError) as refusal:
            ask_review(project=project, gate=wrong, at=NOON, by=manager)
        assert refusal.value.code == "not_next_gate"


def test_a_day_that_is_over_and_a_stranger_are_refused(project, gate, engineer, stranger, viewer):
    with pytest.raises(ValidationError, match="This day is over"):
        ask_review(project=project, gate=gate, at=NOON, by=engineer, due_on=date(2026, 11, 1))
    for outsider in (stranger, viewer):
        with pytest.raises(ValidationError) as refusal:
            ask_review(project=project, gate=gate, at=NOON, by=outsider)
        assert refusal.value.code == "not_allowed"


def test_at_the_end_of_the_line_there_is_no_gate(project):
    lay_gates(by=None)
    project.station = Station.FEEDBACK
    assert next_gate(project) is None


def test_an_answer_needs_an_open_review_and_a_point_of_its_list(cleared, gate, engineer, manager):
    figure = gate.criteria.get(fact="available")
    with pytest.raises(ValidationError, match="no point of the check list"):
        answer_check(review=cleared, criterion=figure, met=True, at=NOON, by=engineer)
    decide(cleared, manager)
    with pytest.raises(ValidationError) as refusal:
        answer_check(review=cleared, criterion=gate.criteria.first(), met=False, at=NOON, by=engineer)
    assert refusal.value.code == "already_decided"


# Deciding


def test_a_go_needs_every_must_meet_and_says_which_one_lacks(review, manager):
    with pytest.raises(ValidationError, match="Privacy is cleared") as refusal:
        decide(review, manager)
    assert refusal.value.error_dict["outcome"][0].code == "must_meet_open"
    assert not GateDecision.objects.exists()
    assert not EvidenceSnapshot.objects.exists()


def test_conditions_let_a_project_pass_without_a_must_meet_but_they_are_named(review, manager, project):
    with pytest.raises(ValidationError, match="Name the conditions"):
        decide(review, manager, "conditional_go")
    decide(review, manager, "conditional_go", conditions=[ConditionDraft("Privacy", date(2027, 1, 31), manager)])
    project.refresh_from_db()
    assert project.station == Station.DATA


@pytest.mark.parametrize("outcome", ["go", "conditional_go", "hold", "recycle", "kill"])
def test_reasons_are_always_given(cleared, manager, outcome):
    with pytest.raises(ValidationError, match="Give the reasons"):
        decide(cleared, manager, outcome, reasons="   ")


def test_nobody_decides_on_his_own_project_or_his_own_question(cleared, project, manager, other_manager, engineer):
    Project.objects.filter(pk=project.pk).update(lead=manager)
    with pytest.raises(ValidationError) as refusal:
        decide(GateReview.objects.get(pk=cleared.pk), manager)
    assert refusal.value.code == "own_review"
    with pytest.raises(ValidationError) as refusal:
        decide(cleared, engineer)
    assert refusal.value.code == "not_allowed"
    GateReview.objects.filter(pk=cleared.pk).update(asked_by=other_manager)
    with pytest.raises(ValidationError) as refusal:
        decide(cleared, other_manager)
    assert refusal.value.code == "own_review"


def test_a_go_enters_the_station_and_is_signed_told_and_kept(cleared, manager, project, engineer):
    decision = decide(cleared, manager)
    project.refresh_from_db()
    assert project.station == Station.DATA
    assert decision.effects["station"] == "data"
    assert decision.snapshot.digest == evidence.digest_of(decision.snapshot.facts)
    assert AuditEntry.objects.filter(verb="decide_gate").count() == 1
    assert Notice.objects.filter(user=engineer, kind="gate").count() == 1
    with pytest.raises(ValidationError) as refusal:
        decide(cleared, manager, "kill")
    assert refusal.value.code == "already_decided"


def test_what_was_decided_cannot_be_written_over(cleared, manager):
    decision = decide(cleared, manager)
    for rows in (GateDecision.objects.filter(pk=decision.pk), EvidenceSnapshot.objects.filter(pk=decision.snapshot_id)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        GateDecision.objects.update(reasons="Another story")


def test_a_hold_rests_the_project_and_a_later_go_wakes_it(cleared, gate, manager, project, engineer):
    decide(cleared, manager, "hold")
    project.refresh_from_db()
    assert (project.status, project.station) == ("on_hold", "demand")
    again = ask_review(project=project, gate=gate, at=NOON, by=engineer)
    answer_check(review=again, criterion=gate.criteria.first(), met=True, at=NOON, by=engineer)
    decide(again, manager)
    project.refresh_from_db()
    assert (project.status, project.station) == ("active", "data")


def test_doing_it_again_changes_nothing_but_the_record(cleared, gate, manager, project, engineer):
    assert decide(cleared, manager, "recycle").effects == {}
    project.refresh_from_db()
    assert (project.status, project.station) == ("active", "demand")
    assert ask_review(project=project, gate=gate, at=NOON, by=engineer).number == 2


def test_a_withdrawn_review_is_decided_no_more(cleared, manager, stranger):
    with pytest.raises(ValidationError) as refusal:
        withdraw_review(review=cleared, at=NOON, by=stranger)
    assert refusal.value.code == "not_allowed"
    withdraw_review(review=cleared, at=NOON, by=manager)
    with pytest.raises(ValidationError) as refusal:
        decide(cleared, manager)
    assert refusal.value.code == "withdrawn"


# Money


def test_a_go_releases_the_tranche_of_its_station_and_no_other(cleared, budget, manager):
    plan_tranches(
        budget=budget,
        tranches={Station.DATA: {"compute": 20_000, "people": 300_000}, Station.TRAINING: {"compute": 30_000}},
        by=manager,
    )
    assert prospect_of(cleared, NOON.date()).tranche == {"EUR": 320_000}
    decision = decide(cleared, manager)
    assert decision.effects["released"] == {"EUR": "3200.00"}
    released = FundingTranche.objects.exclude(released_at=None)
    assert [(each.station, each.reference) for each in released] == [("data", f"gate-decision:{decision.pk}")]
    assert budget.lines.get(category="compute").released_minor == 20_000


def test_a_refused_decision_releases_nothing(review, budget, manager):
    plan_tranches(budget=budget, tranches={Station.DATA: {"compute": 20_000}}, by=manager)
    with pytest.raises(ValidationError):
        decide(review, manager)
    assert not FundingTranche.objects.exclude(released_at=None).exists()


@pytest.fixture
def busy(project, budget, manager, engineer, finance_user):
    """A project with a job in line, an order that can be cancelled and one that cannot, money held, and an accrual."""
    people = budget.lines.get(category="people")
    submit_job(project=project, recipe="image-classifier", params={"epochs": 3}, by=engineer)
    reserve(line=people, amount_minor=5_000, reference="travel:1", at=NOON, by=manager)
    for number, cancellable in (("1", True), ("2", False)):
        commit(
            line=people,
            amount_minor=70_000,
            supplier="Labels Ltd",
            memo="Labels",
            source="erp",
            external_id=number,
            at=NOON,
            by=finance_user,
            is_cancellable=cancellable,
        )
    post_actual(
        line=people,
        amount_minor=40_000,
        memo="October, not invoiced yet",
        source="erp",
        external_id="accrual-10",
        effective_on=date(2026, 10, 31),
        at=NOON,
        by=finance_user,
        kind="accrual",
    )
    return project


def test_a_kill_leaves_nothing_open_that_could_be_closed(busy, review, budget, manager):
    said = prospect_of(review, NOON.date())
    effects = decide(review, manager, "kill", reasons="The KPI does not move").effects
    busy.refresh_from_db()
    assert busy.status == Project.Status.KILLED
    assert busy.jobs.get().state == JobState.CANCELLED
    assert not Reservation.objects.filter(status="open").exists()
    assert sorted(Commitment.objects.values_list("external_id", "status")) == [("1", "cancelled"), ("2", "open")]
    line = BudgetLine.objects.get(budget=budget, category="people")
    assert (line.reserved_minor, line.committed_minor, line.spent_minor) == (0, 70_000, 0)
    assert effects == {
        "jobs_cancelled": 1,
        "jobs_told_to_stop": 0,
        "commitments_cancelled": 1,
        "commitments_cancelled_money": {"EUR": "700.00"},
        "commitments_kept": 1,
        "reservations_released": 1,
        "reservations_released_money": {"EUR": "50.00"},
        "accruals_reversed": 1,
        "accruals_reversed_money": {"EUR": "400.00"},
        "people_freed": 0,
        "reviews_withdrawn": 0,
    }
    assert (said.jobs, said.commitments.count, said.reservations.count, said.accruals.count) == (1, 1, 1, 1)
    assert said.accruals.amounts == {"EUR": 40_000}


def test_a_kill_asks_a_running_job_to_stop_and_leaves_its_money_to_it(busy, review, manager):
    busy.jobs.update(state=JobState.RUNNING, lease_until=NOON + timedelta(days=1), started_at=NOON)
    effects = decide(review, manager, "kill").effects
    job = busy.jobs.select_related("reservation").get()
    assert (effects["jobs_cancelled"], effects["jobs_told_to_stop"]) == (0, 1)
    assert job.cancel_requested_at is not None
    assert job.reservation.status == "open"


# Evidence


def leaves(node, path=()):
    if isinstance(node, dict):
        for name, each in node.items():
            yield from leaves(each, (*path, name))
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from leaves(each, (*path, index))
    else:
        yield path


def changed(node, path, value):
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = changed(node[path[0]], path[1:], value)
    return copy


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
FACTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text(max_size=6), inner, min_size=1),
    max_leaves=12,
)


@given(facts=FACTS, value=SCALARS, data=st.data())
def test_a_digest_changes_when_any_fact_changes(facts, value, data):
    path = data.draw(st.sampled_from(list(leaves(facts))))
    other = changed(facts, path, value)
    same = evidence.canonical(other) == evidence.canonical(facts)
    assert (evidence.digest_of(other) == evidence.digest_of(facts)) is same


def test_every_fact_of_a_real_decision_counts_for_its_digest(cleared, manager):
    facts = decide(cleared, manager).snapshot.facts
    for path in leaves(facts):
        assert evidence.digest_of(changed(facts, path, "forged")) != evidence.digest_of(facts), path


def test_a_signature_is_over_evidence_outcome_words_person_and_time():
    known = {
        "digest": "a" * 64,
        "outcome": "go",
        "reasons": "Good",
        "conditions": "",
        "decided_by": 7,
        "decided_at": NOON,
    }
    other = {
        "digest": "b" * 64,
        "outcome": "kill",
        "reasons": "Bad",
        "conditions": "Soon",
        "decided_by": 8,
        "decided_at": NOON + timedelta(microseconds=1),
    }
    signed = evidence.digest_of(evidence.signed_form(**known))
    for name, value in other.items():
        assert evidence.digest_of(evidence.signed_form(**{**known, name: value})) != signed, name


def test_the_same_facts_in_another_order_are_the_same_facts():
    assert evidence.digest_of({"b": 1, "a": [2]}) == evidence.digest_of({"a": [2], "b": 1})
    assert evidence.canonical({"b": "ü", "a": None}) == '{"a":null,"b":"ü"}'
