"""A gate decides while jobs of the project end and its orders are invoiced: both are done, one after the other."""

import time
from datetime import UTC, datetime

import pytest
from django.db import transaction

from finance.models import BudgetLine, Commitment
from finance.services.commitment import commit
from finance.services.journal import post_actual
from outcomes.gate_sets import check
from outcomes.services.gate import ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from trainingjobs.models import TrainingJob
from trainingjobs.services import submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HELD_S = 0.5


@pytest.fixture
def review(project, manager, engineer, monkeypatch):
    monkeypatch.setattr("trainingjobs.services.hint.hint", lambda job: None)
    gate = define_gate(horizon="core", station="data", title="Go on?", criteria=[check("Cleared")], by=manager)
    return ask_review(project=project, gate=gate, at=NOON, by=engineer)


@pytest.fixture
def submit(project, engineer, compute_line):
    return lambda: submit_job(project=project, recipe="linear-regression", params={}, by=engineer)


def kill(review, by):
    time.sleep(HELD_S / 2)
    return decide_gate(review=review, outcome="kill", reasons="The evidence says so", at=NOON, by=by)


def test_a_project_is_stopped_while_one_of_its_jobs_ends(in_threads, review, submit, manager, compute_line):
    submit()
    claim = claim_job()
    for _turn in range(2):  # their reservations are on the line that the ending job needs as well
        submit()

    def act(number):
        if number:
            return kill(review, manager)
        with transaction.atomic():
            TrainingJob.objects.select_for_update(no_key=True).get(pk=claim.job.pk)
            time.sleep(HELD_S)
            return finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)

    outcomes = in_threads(2, act)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    decision = next(each for each in outcomes if each is not True)
    assert (decision.effects["jobs_cancelled"], decision.effects["jobs_told_to_stop"]) == (2, 0)
    assert BudgetLine.objects.get(pk=compute_line.pk).reserved_minor == 0


def test_a_project_is_stopped_while_one_of_its_jobs_begins(in_threads, review, submit, manager):
    submit()

    def act(number):
        if number:
            return kill(review, manager)
        with transaction.atomic():
            TrainingJob.objects.select_for_update(no_key=True).get()
            time.sleep(HELD_S)
            return claim_job()  # its run names the project

    outcomes = in_threads(2, act)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert TrainingJob.objects.get().cancel_requested_at is not None


def test_a_project_is_stopped_while_an_order_of_it_is_invoiced(
    in_threads, monkeypatch, review, submit, manager, finance_user, compute_line
):
    from finance.services import journal

    submit()
    order = commit(line=compute_line, amount_minor=1_000, supplier="Example Cloud", memo="GPU hours", source="erp",
                   external_id="po-1", at=NOON, by=finance_user)  # fmt: skip
    relieve = journal.relieve

    def slowly(*arguments, **named):
        done = relieve(*arguments, **named)
        time.sleep(HELD_S)
        return done

    monkeypatch.setattr(journal, "relieve", slowly)

    def act(number):
        if number:
            return kill(review, manager)
        return post_actual(line=compute_line, amount_minor=400, memo="Invoice", source="erp", external_id="1",
                           effective_on=NOON.date(), at=NOON, by=finance_user, commitment=order)  # fmt: skip

    assert not [each for each in in_threads(2, act) if isinstance(each, Exception)]
    assert list(Commitment.objects.values_list("status", "open_minor")) == [("cancelled", 0)]
    line = BudgetLine.objects.get(pk=compute_line.pk)
    assert (line.reserved_minor, line.committed_minor, line.spent_minor) == (0, 0, 400)
