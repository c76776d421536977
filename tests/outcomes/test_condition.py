"""Conditions of a go: a day and a person each, shown while they wait, fulfilled once and for good."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from outcomes import evidence
from outcomes.gate_sets import check
from outcomes.models import GateCondition
from outcomes.permissions import condition_owners
from outcomes.services.condition import MOST_CONDITIONS, ConditionDraft, fulfil_condition
from outcomes.services.gate import ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from people.models import AuditEntry, Notice
from portal.boards.conditions import needs_at_conditions, rows_of
from portal.boards.overdue import longest_overdue
from portal.boards.rows import project_rows
from projects.models import Membership, Project

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DUE = date(2026, 12, 20)


@pytest.fixture
def review(project, manager, engineer):
    gate = define_gate(horizon="core", station="data", title="Ready?", criteria=[check("Privacy")], by=manager)
    return ask_review(project=project, gate=gate, at=NOON, by=engineer)


def go(review, by, *conditions, outcome="conditional_go"):
    return decide_gate(review=review, outcome=outcome, reasons="Enough", conditions=conditions, at=NOON, by=by)


@pytest.fixture
def condition(review, manager, engineer):
    return go(review, manager, ConditionDraft("Privacy is cleared", DUE, engineer)).terms.get()


def test_a_condition_is_signed_with_its_day_and_person_and_its_owner_is_told(condition, engineer):
    decision = condition.decision
    assert decision.conditions == f"Privacy is cleared (2026-12-20, {engineer.username})"
    assert decision.signature == evidence.digest_of(evidence.signed_form_of(decision))
    assert Notice.objects.filter(user=engineer, text__contains="is yours to fulfil until 2026-12-20").exists()


@pytest.mark.parametrize(
    ("outcome", "due_on", "text", "code"),
    [
        ("conditional_go", date(2026, 11, 19), "Soon", "due_past"),
        ("conditional_go", DUE, "  ", "required"),
        ("hold", DUE, "Soon", "not_conditional"),
    ],
)
def test_a_condition_that_nobody_could_keep_is_refused(review, manager, outcome, due_on, text, code):
    with pytest.raises(ValidationError) as refusal:
        go(review, manager, ConditionDraft(text, due_on, manager), outcome=outcome)
    assert refusal.value.error_dict["conditions"][0].code == code
    assert not GateCondition.objects.exists()


def test_a_condition_is_given_only_to_somebody_who_can_fulfil_it(review, manager, engineer, viewer, stranger):
    Membership.objects.get_or_create(project=review.project, user=viewer)
    for person in (viewer, stranger):
        with pytest.raises(ValidationError) as refusal:
            go(review, manager, ConditionDraft("Privacy is cleared", DUE, person))
        assert refusal.value.error_dict["conditions"][0].code == "cannot_fulfil"
    assert not Notice.objects.filter(user__in=[viewer, stranger]).exists()
    owners = set(condition_owners(review.project))
    assert owners >= {manager, engineer}
    assert not owners & {viewer, stranger}


def test_more_conditions_than_anybody_keeps_in_mind_are_refused(review, manager, engineer):
    with pytest.raises(ValidationError) as refusal:
        go(review, manager, *(ConditionDraft(f"Point {n}", DUE, engineer) for n in range(MOST_CONDITIONS + 1)))
    assert refusal.value.error_dict["conditions"][0].code == "too_many"


def test_whoever_decided_is_told_that_a_condition_is_fulfilled(condition, engineer, manager):
    fulfil_condition(condition=condition, note="Mail of 3 May", at=NOON, by=engineer)
    assert Notice.objects.filter(user=manager, text__contains="Mail of 3 May").count() == 1


def test_who_sees_to_it_says_once_that_it_is_fulfilled_and_the_trail_knows(condition, engineer, viewer):
    with pytest.raises(ValidationError, match="who sees to it"):
        fulfil_condition(condition=condition, note="Mail", at=NOON, by=viewer)
    with pytest.raises(ValidationError, match="where it can be seen"):
        fulfil_condition(condition=condition, note=" ", at=NOON, by=engineer)
    late = NOON + timedelta(days=32)
    fulfil_condition(condition=condition, note="Mail of 3 May", at=late, by=engineer)
    assert AuditEntry.objects.get(verb="fulfil_condition").detail["days_late"] == 2
    with pytest.raises(ValidationError, match="fulfilled already"):
        fulfil_condition(condition=condition, note="Again", at=late, by=engineer)


def test_neither_a_condition_nor_its_fulfilment_changes_afterwards(condition, engineer):
    fulfilment = fulfil_condition(condition=condition, note="Mail", at=NOON, by=engineer)
    for row in (condition, fulfilment):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(id=row.pk)


def test_an_overdue_condition_reaches_its_owner_and_the_health_of_its_project(condition, engineer, manager, viewer):
    project = Project.objects.get(pk=condition.decision.review.project_id)
    late = DUE + timedelta(days=3)
    assert needs_at_conditions(engineer, DUE, 9) == []
    assert needs_at_conditions(engineer, late, 9) == needs_at_conditions(manager, late, 9) == [condition]
    assert needs_at_conditions(viewer, late, 9) == []
    assert longest_overdue([project.pk], late, past=False) == {project.pk: 3}
    (row,) = project_rows([project], late)
    assert (row.health.word, row.health.reason) == (
        "Condition overdue", "has a condition of its gate open, 3 days past its due date",
    )  # fmt: skip
    fulfil_condition(condition=condition, note="Mail", at=NOON, by=engineer)
    assert longest_overdue([project.pk], late, past=False) == {}


def test_on_a_past_day_a_condition_stands_as_it_stood(condition, engineer):
    done = datetime(2026, 12, 27, 12, tzinfo=UTC)
    fulfil_condition(condition=condition, note="Mail", at=done, by=engineer)
    before, after = date(2026, 12, 26), date(2026, 12, 27)
    conditions = GateCondition.objects.all()
    assert [list(conditions.open_on(day)) for day in (date(2026, 11, 19), before, after)] == [[], [condition], []]
    (then,) = rows_of(conditions.select_related("fulfilment"), engineer, done, before)
    assert (then.pill[0], then.may_fulfil) == ("6 days overdue", False)


def test_the_pages_take_conditions_show_them_and_fulfil_them(review, manager, engineer, sign_in):
    client, due = sign_in(manager), timezone.localdate() + timedelta(days=20)
    form = {"outcome": "conditional_go", "reasons": "Enough", "conditions-TOTAL_FORMS": "4",
            "conditions-INITIAL_FORMS": "0", "conditions-0-text": "Privacy is cleared"}  # fmt: skip
    refused = client.post(reverse("gate-decide", args=[review.pk]), form)
    assert refused.status_code == 422
    form |= {"conditions-0-due_on": due.isoformat(), "conditions-0-owner": engineer.pk}
    assert client.post(reverse("gate-decide", args=[review.pk]), form).status_code == 302
    room = client.get("/gates/").content.decode()
    assert "Conditions that wait" in room
    condition = GateCondition.objects.get()
    address = reverse("gate-condition-fulfil", args=[condition.pk])
    assert client.post(address, {"note": ""}).status_code == 422
    assert client.post(address, {"note": "Mail of 3 May"}).status_code == 302
    page = client.get(review.get_absolute_url()).content.decode()
    assert "Mail of 3 May" in page
    assert "Fulfilled" in page
    assert "Conditions that wait" not in client.get("/gates/").content.decode()
