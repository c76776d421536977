"""Every verb that others are told of puts its event into the outbox, and none when it is rolled back."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from finance.services.budget import set_line_policy
from finance.services.commitment import commit
from finance.services.journal import EntryDraft, SideDraft, post_actual, post_batch, reverse_entry
from finance.services.labour import adjust_for_rate, record_role_rate, record_time
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version
from outcomes.gate_sets import check
from outcomes.models import GateDecision
from outcomes.services.condition import ConditionDraft
from outcomes.services.gate import answer_check, ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from people.models import Notice, OutboxMessage, WebhookDelivery
from people.services import add_job_role, record_employment
from people.webhooks import EventType, add_webhook
from projects.models import Project
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services import cancel_job, submit_job
from trainingjobs.services.approval import decline_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job, requeue_job
from trainingjobs.services.sweep import MAX_LOST_WORKERS, sweep

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
ALL, MORE = 1_000_000, 1_000_001  # what the line for people has, and a cent beyond it

DATA = {
    "budget.version_approved": {"project", "budget", "version", "currency", "planned"},
    "budget.line_crossed": {"project", "budget", "category", "currency", "released", "committed", "spent"},
    "gate.decided": {"project", "review", "gate", "outcome", "digest", "signature", "effects"},
    "job.ended": {"project", "job", "state", "error", "cost", "currency"},
}


@pytest.fixture
def scene(project, budget, compute_line, manager, engineer, finance_user, settings):
    """What the verbs act on, while one address listens to every event."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    add_webhook(url="http://127.0.0.1:9/hooks", event_types=[], at=NOON, by=manager)
    line = set_line_policy(line=budget.lines.get(category="people"), policy="warn", by=manager)
    return SimpleNamespace(project=project, budget=budget, line=line, manager=manager, engineer=engineer,
                           finance=finance_user)  # fmt: skip


def spend(scene, amount_minor, external_id="1"):
    return post_actual(line=scene.line, amount_minor=amount_minor, memo="Work", source="hr", external_id=external_id,
                       effective_on=TODAY, at=NOON, by=scene.finance)  # fmt: skip


def submitted(scene):
    return submit_job(project=scene.project, recipe="linear-regression", params={}, by=scene.engineer)


def claimed(scene):
    submitted(scene)
    return claim_job()


# Each of these sets the stage and returns the verb, still to be called.


def approve_a_version(scene):
    (period,) = open_periods(first=TODAY, months=1, by=None)
    lines = [PlannedAmount(period, "people", "data", ALL), PlannedAmount(period, "compute", "data", 60_000)]
    version = draft_version(budget=scene.budget, lines=lines, reason="More", at=NOON, by=scene.manager)
    return lambda: approve_version(version=version, at=NOON, by=scene.finance)


def commit_more_than_is_left(scene):
    spend(scene, ALL)
    return lambda: commit(line=scene.line, amount_minor=1, supplier="Acme", memo="Labels", source="po",
                          external_id="1", at=NOON, by=scene.finance)  # fmt: skip


def spend_more_than_is_left(scene):
    return lambda: spend(scene, MORE)


def post_a_batch_beyond_what_is_left(scene):
    sides = [SideDraft("expense", MORE, scene.line), SideDraft("clearing", -MORE)]
    draft = EntryDraft("1", TODAY, "EUR", "Work", "actual", sides)
    return lambda: post_batch(source="erp", entries=[draft], at=NOON, by=scene.finance)


def reverse_a_credit_that_was_needed(scene):
    credit = spend(scene, -5)
    spend(scene, ALL + 5, "2")
    return lambda: reverse_entry(entry=credit, memo="Wrong", effective_on=TODAY, at=NOON, by=scene.finance)


def worker_of(scene):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=None)
    record_role_rate(role=role, hour_minor=6_000, currency="EUR", valid_from=date(2026, 1, 1), source="erp",
                     external_id="R-1", at=NOON, by=scene.finance)  # fmt: skip
    return record_employment(source="hr", external_id="1", name="Person 1", role=role, fte_percent=100,
                             department=scene.project.sponsor, valid_from=date(2026, 1, 1), at=NOON,
                             by=scene.finance)  # fmt: skip


def work_an_hour(scene, worker):
    return record_time(employment=worker, line=scene.line, worked_on=date(2026, 2, 27), minutes=60, source="hr",
                       external_id="T-1", at=NOON, by=scene.finance)  # fmt: skip


def record_time_beyond_what_is_left(scene):
    worker = worker_of(scene)
    spend(scene, ALL)
    return lambda: work_an_hour(scene, worker)


def adjust_worked_time_beyond_what_is_left(scene):
    worker = worker_of(scene)
    work_an_hour(scene, worker)
    spend(scene, ALL - 6_000)
    late = record_role_rate(role=worker.role, hour_minor=6_600, currency="EUR", valid_from=date(2026, 1, 1), by=None,
                            source="erp", external_id="R-2", at=NOON + timedelta(seconds=1))  # fmt: skip
    return lambda: adjust_for_rate(rate=late, effective_on=TODAY, at=NOON + timedelta(seconds=2), by=scene.finance)


def decide(outcome):
    def at_a_gate(scene):
        gate = define_gate(horizon="core", station="data", title="Is the demand worth its data?",
                           criteria=[check("Privacy is cleared")], by=scene.manager)  # fmt: skip
        review = ask_review(project=scene.project, gate=gate, at=NOON, by=scene.engineer)
        answer_check(review=review, criterion=gate.criteria.get(), met=True, at=NOON, by=scene.engineer)
        terms = [ConditionDraft("Soon", date(2100, 1, 1), scene.manager)] if outcome == "conditional_go" else []
        return lambda: decide_gate(review=review, outcome=outcome, reasons="All is shown.", conditions=terms, at=NOON,
                                   by=scene.manager)  # fmt: skip

    return at_a_gate


def kill_a_project_with_a_job(scene):
    submitted(scene)
    return decide("kill")(scene)


def cancel_a_waiting_job(scene):
    job = submitted(scene)
    return lambda: cancel_job(job=job, by=scene.engineer)


def decline_a_price(scene):
    scene.project.approval_threshold_minor = 0
    scene.project.save()
    job = submitted(scene)
    return lambda: decline_job(job=job, by=scene.manager, reason="Too dear")


def finish(state, **fields):
    def a_claimed_job(scene):
        claim = claimed(scene)
        return lambda: finish_job(claim=claim, ending=Ending(state, **fields), exit_code=0)

    return a_claimed_job


def requeue_a_cancelled_job(scene):
    job = claimed(scene).job
    cancel_job(job=job, by=scene.engineer)
    return lambda: requeue_job(TrainingJob.objects.filter(pk=job.pk), outcome="released")


def lose_the_last_worker(scene):
    job = claimed(scene).job
    past = timezone.now() - timedelta(minutes=1)
    TrainingJob.objects.filter(pk=job.pk).update(lease_until=past, lost_workers=MAX_LOST_WORKERS - 1)
    return sweep


def finish_a_job_that_uses_up_its_line(scene):
    claim = claimed(scene)
    TrainingJob.objects.filter(pk=claim.job.pk).update(cpu_core_seconds=4_000_000)
    return lambda: finish_job(claim=claim, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0)


APPROVED = ("budget.version_approved", "finance.budgetversion")
CROSSED = ("budget.line_crossed", "finance.budgetline")
DECIDED = ("gate.decided", "outcomes.gatedecision")
ENDED = ("job.ended", "trainingjobs.trainingjob")

VERBS = {
    "approve a version": (approve_a_version, [APPROVED]),
    "commit more than is left": (commit_more_than_is_left, [CROSSED]),
    "spend more than is left": (spend_more_than_is_left, [CROSSED]),
    "post a batch beyond what is left": (post_a_batch_beyond_what_is_left, [CROSSED]),
    "reverse a credit that was needed": (reverse_a_credit_that_was_needed, [CROSSED]),
    "record time beyond what is left": (record_time_beyond_what_is_left, [CROSSED]),
    "adjust worked time beyond what is left": (adjust_worked_time_beyond_what_is_left, [CROSSED]),
    **{f"decide {outcome}": (decide(outcome), [DECIDED]) for outcome in GateDecision.Outcome.values},
    "kill a project with a job": (kill_a_project_with_a_job, [ENDED, DECIDED]),
    "cancel a waiting job": (cancel_a_waiting_job, [ENDED]),
    "decline a price": (decline_a_price, [ENDED]),
    "finish": (finish(JobState.SUCCEEDED, metrics={}, report={}), [ENDED]),
    "fail": (finish(JobState.FAILED, error_code="crashed"), [ENDED]),
    "stop a cancelled job": (finish(JobState.CANCELLED), [ENDED]),
    "requeue a cancelled job": (requeue_a_cancelled_job, [ENDED]),
    "lose the last worker": (lose_the_last_worker, [ENDED]),
    "finish a job that uses up its line": (finish_a_job_that_uses_up_its_line, [CROSSED, ENDED]),
}


def announced():
    """The events in the outbox, in the order in which they were put there."""
    messages = OutboxMessage.objects.filter(topic="webhook").order_by("pk")
    return [WebhookDelivery.objects.get(pk=message.payload["delivery"]).payload for message in messages]


@pytest.mark.parametrize(("stage", "events"), VERBS.values(), ids=VERBS)
def test_a_verb_puts_its_events_into_the_outbox(scene, stage, events):
    verb = stage(scene)
    assert announced() == []
    verb()
    told = announced()
    assert [(event["type"], event["subject"].split("/")[0]) for event in told] == events
    assert [set(event["data"]) for event in told] == [DATA[kind] for kind, _subject in events]
    assert {event["data"]["project"] for event in told} == {"TRI"}


@pytest.mark.parametrize("stage", [stage for stage, events in VERBS.values() if CROSSED in events])
def test_a_line_that_is_used_up_is_told_once_to_who_leads_the_project(scene, stage):
    verb = stage(scene)
    before = Notice.objects.filter(kind="budget").count()
    verb()
    told = Notice.objects.filter(kind="budget", subject_type="finance.budgetline")[before:]
    lead = Project.objects.get(key="TRI").lead
    assert [notice.url for notice in told if notice.user == lead] == ["/projects/TRI/budget/"]
    assert "is used up: EUR" in told[0].text


@pytest.mark.parametrize("stage", [stage for stage, _events in VERBS.values()], ids=VERBS)
def test_a_verb_that_is_rolled_back_tells_nobody(scene, stage):
    verb = stage(scene)
    with transaction.atomic():
        verb()
        assert announced() != []
        transaction.set_rollback(True)
    assert announced() == []
    assert not WebhookDelivery.objects.exists()


def test_every_event_that_can_be_asked_for_is_told_by_some_verb():
    told = {kind for _stage, events in VERBS.values() for kind, _subject in events}
    assert told == set(DATA) == set(EventType) - {EventType.PING}
