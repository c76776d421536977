"""Two verbs on one job at the same moment: each is done as if it had come first or second, on either database."""

from datetime import timedelta

import pytest

from finance.services.rates import Usage
from people.models import User
from portal.invariants import find_breaches
from projects.models import Project
from trainingjobs.models import Attempt, PauseReason, TrainingJob
from trainingjobs.services import (
    approve_job,
    cancel_job,
    change_job,
    decline_job,
    pause_job,
    resume_job,
    retry_job,
    set_priority,
    submit_job,
    sweep,
)
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.pause import hold_job


@pytest.fixture
def second_manager(make_user):
    return make_user("amir.haddad", "manager")


def the_job():
    return TrainingJob.objects.get()


def test_an_approval_behind_a_change_is_given_for_the_price_after_the_change(
    behind, submit, threshold, engineer, manager, hints
):
    threshold()
    submit("image-classifier", epochs=1)
    behind(
        lambda: change_job(job=the_job(), by=engineer, params={"epochs": 200}),
        lambda: approve_job(job=the_job(), by=manager),
    )
    job = the_job()
    assert (job.state, job.approvals.get().reserved_minor) == ("queued", job.reservation.amount_minor)
    assert find_breaches() == []


def test_an_approval_of_what_was_seen_behind_a_change_is_refused(behind, awaiting, engineer, manager):
    from trainingjobs.services.approval import digest_of

    seen = digest_of(the_job())
    _changed, refusal = behind(
        lambda: change_job(job=the_job(), by=engineer, params={"epochs": 77}),
        lambda: approve_job(job=the_job(), by=manager, seen=seen),
    )
    assert refusal.code == "changed"
    assert the_job().state == "awaiting"


def test_to_resume_behind_a_change_asks_for_the_approval_of_the_new_price(
    behind, submit, engineer, manager, hints, threshold
):
    job = pause_job(job=submit("image-classifier", epochs=1), by=engineer)
    threshold(job.reservation.amount_minor)
    behind(
        lambda: change_job(job=the_job(), by=engineer, params={"epochs": 200}),
        lambda: resume_job(job=the_job(), by=engineer),
    )
    job = the_job()
    assert job.reservation.amount_minor > job.project.approval_threshold_minor
    assert (job.state, job.needs_approval) == ("awaiting", True)
    assert find_breaches() == []


def test_two_managers_decide_once(in_threads, awaiting, manager, second_manager):
    def decide(number):
        job = the_job()
        if number % 2:
            return approve_job(job=job, by=manager)
        return decline_job(job=job, by=second_manager, reason="no")

    outcomes = in_threads(6, decide)
    assert sum(isinstance(outcome, TrainingJob) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Exception)} == {"not_awaiting"}
    assert the_job().approvals.count() == 1
    assert find_breaches() == []


def test_verbs_of_all_kinds_at_once_never_deadlock_and_leave_everything_in_order(
    in_threads, submit, engineer, manager, threshold, hints
):
    jobs = [submit(epochs=each + 1).pk for each in range(3)]
    threshold(1)
    verbs = [
        lambda job: cancel_job(job=job, by=engineer),
        lambda job: pause_job(job=job, by=engineer),
        lambda job: resume_job(job=job, by=engineer),
        lambda job: change_job(job=job, by=engineer, params={"epochs": 50_000}),
        lambda job: set_priority(job=job, priority=1, by=manager),
        lambda job: approve_job(job=job, by=manager),
        lambda job: claim_job(job.pk),
        lambda job: submit_job(project=job.project, recipe=job.recipe, params={}, by=engineer),
    ]

    def act(number):
        failures = []
        for turn in range(12):
            job = TrainingJob.objects.get(pk=jobs[(number + turn) % 3])
            try:
                verbs[(number * 5 + turn * 3) % len(verbs)](job)
            except Exception as error:
                failures.append(error)
        return failures

    errors = [error for failures in in_threads(8, act) for error in failures]
    assert {type(error).__name__ for error in errors} <= {"ValidationError"}
    assert find_breaches() == []


def test_a_job_grows_and_ends_at_once_without_a_deadlock(in_threads, submit, engineer, hints):
    submit()
    claim = claim_job()
    dear = Usage(cpu_core_seconds=36_000)

    def act(number):
        if number == 3:
            return finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
        return fold_events(claim=claim, events=[], usage=dear)

    outcomes = in_threads(6, act)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert the_job().reservation.status in {"released", "relieved"}


def test_two_retries_under_one_token_are_one_job(in_threads, submit, engineer, hints):
    from uuid import uuid4

    old, token = cancel_job(job=submit(), by=engineer), uuid4()
    outcomes = in_threads(6, lambda number: retry_job(job=old, by=engineer, submission=token))
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert TrainingJob.objects.count() == 2


def test_two_who_resume_at_once_reserve_new_money_once(in_threads, submit, engineer, compute_line, hints):
    submit()
    claim = claim_job()
    TrainingJob.objects.update(step=5, steps=10, cost_micro=1_000_000, checkpoint="attempt-1/checkpoint")
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    hold_job(held, reason=PauseReason.BUDGET, outcome=Attempt.Outcome.PAUSED)
    in_threads(6, lambda number: resume_job(job=the_job(), by=User.objects.get(pk=engineer.pk)))
    compute_line.refresh_from_db()
    assert the_job().state == "queued"
    assert compute_line.reserved_minor == the_job().reservation.amount_minor == 200


def test_sweep_and_finish_at_once_end_or_requeue_and_never_both(in_threads, submit, later, hints):
    submit()
    claim = claim_job()
    later(claim.job)
    ending = Ending("succeeded", metrics={}, report={})
    in_threads(4, lambda number: sweep() if number % 2 else finish_job(claim=claim, ending=ending, exit_code=0))
    assert the_job().state in {"queued", "succeeded"}
    assert find_breaches() == []


# What is asked for between the last look of the supervisor and its decision


def test_a_job_cancelled_while_it_is_being_paused_is_cancelled(submit, engineer, hints):
    submit()
    claim = claim_job()
    pause_job(job=the_job(), by=engineer)
    cancel_job(job=the_job(), by=engineer)
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    assert hold_job(held, reason=PauseReason.ASKED, outcome=Attempt.Outcome.PAUSED, exit_code=75)
    job = the_job()
    assert (job.state, job.reservation.status, job.attempts.get().outcome) == ("cancelled", "released", "cancelled")
    assert find_breaches() == []


def test_a_job_resumed_while_it_is_being_paused_goes_on(submit, engineer, hints):
    submit()
    claim = claim_job()
    pause_job(job=the_job(), by=engineer)
    resume_job(job=the_job(), by=engineer)
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    assert hold_job(held, reason=PauseReason.ASKED, outcome=Attempt.Outcome.PAUSED, exit_code=75)
    assert (the_job().state, the_job().attempts.get().outcome) == ("queued", "released")
    assert find_breaches() == []


def test_a_job_cancelled_while_it_is_being_handed_back_is_cancelled(submit, engineer, hints):
    from trainingjobs.services.finish import requeue_job

    submit()
    claim = claim_job()
    cancel_job(job=the_job(), by=engineer)
    assert requeue_job(TrainingJob.objects.held(claim.job.pk, claim.fence), outcome=Attempt.Outcome.RELEASED)
    assert (the_job().state, the_job().attempts.get().outcome) == ("cancelled", "cancelled")
    assert find_breaches() == []


def test_a_threshold_set_while_a_job_runs_holds_for_its_growth(submit, engineer, hints):
    submit()
    claim = claim_job()
    assert not fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3_600)).out_of_money
    Project.objects.update(approval_threshold_minor=the_job().reservation.amount_minor)
    assert fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=72_000)).out_of_money


# The running time that a time limit counts


def test_the_time_after_a_worker_was_lost_is_no_running_time(submit, later, hints, settings):
    submit()
    claim = claim_job()
    began = claim.claimed_at - timedelta(hours=9)
    Attempt.objects.update(started_at=began)
    TrainingJob.objects.update(lease_until=began + timedelta(seconds=60 + settings.LEASE_S))
    sweep()
    assert claim_job().ran_before_s == pytest.approx(60, abs=0.01)


def test_an_attempt_never_ends_before_it_began(submit, later, hints):
    submit()
    later(claim_job().job)
    sweep()
    attempt = Attempt.objects.get()
    assert attempt.ended_at == attempt.started_at
