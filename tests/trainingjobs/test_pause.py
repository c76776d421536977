import pytest
from django.core.exceptions import ValidationError

from finance.models import BudgetLine
from finance.services.rates import Usage
from people.models import AuditEntry, Notice
from portal.invariants import find_breaches
from trainingjobs.models import Approval, Attempt, PauseReason, TrainingJob
from trainingjobs.services import approve_job, cancel_job, pause_job, resume_job, sweep
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.pause import hold_job, minor_needed


@pytest.fixture
def held(submit, hints):
    """Let a job have run to a share of its steps at a cost, and hold it."""

    def hold(step=5, cost_micro=0, reason=PauseReason.BUDGET, checkpoint="attempt-1/checkpoint"):
        job = submit()
        claim = claim_job(job.pk)
        TrainingJob.objects.filter(pk=job.pk).update(step=step, steps=10, cost_micro=cost_micro, checkpoint=checkpoint)
        held = TrainingJob.objects.held(job.pk, claim.fence)
        assert hold_job(held, reason=reason, outcome=Attempt.Outcome.PAUSED)
        job.refresh_from_db()
        return job

    return hold


def test_a_queued_job_is_paused_at_once_and_keeps_its_money(submit, engineer, compute_line):
    job = pause_job(job=submit(), by=engineer)
    compute_line.refresh_from_db()
    assert (job.state, job.pause_reason, job.reservation.status) == ("paused", "asked", "open")
    assert compute_line.reserved_minor == job.reservation.amount_minor
    assert claim_job() is None
    assert AuditEntry.objects.get(verb="pause_job").actor == engineer
    assert find_breaches() == []


def test_a_running_job_is_asked_to_pause_and_asking_twice_keeps_the_first_time(submit, engineer):
    submit()
    claim = claim_job()
    first = pause_job(job=claim.job, by=engineer)
    assert first.state == "running"
    watch = fold_events(claim=claim, events=[], usage=Usage())
    assert watch.pause_requested
    assert pause_job(job=TrainingJob.objects.get(), by=engineer).pause_requested_at == first.pause_requested_at


def test_a_paused_job_stays_paused_when_asked_again(submit, engineer):
    job = pause_job(job=submit(), by=engineer)
    assert pause_job(job=job, by=engineer).state == "paused"


def test_a_job_that_awaits_approval_or_has_ended_cannot_be_paused(awaiting, engineer, refused):
    assert refused(pause_job, job=awaiting, by=engineer) == "cannot_pause"
    cancel_job(job=awaiting, by=engineer)
    assert refused(pause_job, job=awaiting, by=engineer) == "cannot_pause"
    assert TrainingJob.objects.get().state == "cancelled"


def test_a_viewer_and_a_stranger_may_neither_pause_nor_resume(submit, viewer, stranger, refused):
    job = submit()
    for verb in (pause_job, resume_job):
        for user in (viewer, stranger):
            assert refused(verb, job=job, by=user) == "not_allowed"


def test_a_resumed_job_is_queued_and_hinted(submit, engineer, hints, django_capture_on_commit_callbacks):
    job = pause_job(job=submit(), by=engineer)
    with django_capture_on_commit_callbacks(execute=True):
        job = resume_job(job=job, by=engineer)
    assert (job.state, job.pause_reason) == ("queued", "")
    assert hints == [str(job.pk)]
    assert claim_job().job.pk == job.pk


def test_to_resume_takes_back_a_pause_that_has_not_been_done_yet(submit, engineer):
    submit()
    claim = claim_job()
    pause_job(job=claim.job, by=engineer)
    assert resume_job(job=claim.job, by=engineer).pause_requested_at is None
    assert not fold_events(claim=claim, events=[], usage=Usage()).pause_requested


def test_a_job_that_went_back_to_the_queue_with_a_pause_to_come_can_be_resumed(submit, engineer):
    submit()
    claim = claim_job()
    pause_job(job=claim.job, by=engineer)
    TrainingJob.objects.update(state="queued", lease_until=None)
    assert resume_job(job=claim.job, by=engineer).pause_requested_at is None
    TrainingJob.objects.update(pause_requested_at=claim.claimed_at)
    job = resume_job(job=pause_job(job=claim.job, by=engineer), by=engineer)
    assert (job.state, job.pause_requested_at) == ("queued", None)


def test_a_job_whose_worker_is_lost_while_it_pauses_is_paused(submit, engineer, later):
    submit()
    pause_job(job=claim_job().job, by=engineer)
    later(TrainingJob.objects.get())
    sweep()
    job = TrainingJob.objects.get()
    assert (job.state, job.pause_reason, job.lost_workers, job.attempts.get().outcome) == ("paused", "asked", 1, "lost")
    assert find_breaches() == []


def test_a_job_that_finishes_before_it_pauses_has_finished(submit, engineer):
    submit()
    claim = claim_job()
    pause_job(job=claim.job, by=engineer)
    finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
    job = TrainingJob.objects.get()
    assert (job.state, job.pause_requested_at, job.pause_reason) == ("succeeded", None, "")


def test_what_has_ended_is_not_resumed(submit, engineer, refused):
    job = cancel_job(job=submit(), by=engineer)
    assert refused(resume_job, job=job, by=engineer) == "already_ended"


def test_a_paused_job_can_be_cancelled_and_is_charged_for_what_it_used(submit, engineer, compute_line):
    submit()
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    hold_job(
        TrainingJob.objects.held(claim.job.pk, claim.fence), reason=PauseReason.ASKED, outcome=Attempt.Outcome.PAUSED
    )
    job = cancel_job(job=TrainingJob.objects.get(), by=engineer)
    compute_line.refresh_from_db()
    assert (job.state, job.pause_reason, job.reservation.status) == ("cancelled", "", "relieved")
    assert compute_line.reserved_minor == 0
    assert job.charge is not None
    assert find_breaches() == []


def test_a_job_stopped_by_its_budget_needs_new_money_to_go_on(held, engineer, compute_line):
    job = held(step=5, cost_micro=1_000_000)
    before = job.reservation.amount_minor
    assert minor_needed(job) > before
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=before, released_minor=before)
    with pytest.raises(ValidationError, match="Over budget") as refusal:
        resume_job(job=job, by=engineer)
    assert refusal.value.code == "over_budget"
    job.refresh_from_db()
    assert (job.state, job.reservation.amount_minor) == ("paused", before)
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=50_000, released_minor=50_000)
    job = resume_job(job=job, by=engineer)
    assert (job.state, job.reservation.amount_minor) == ("queued", 200)
    assert find_breaches() == []


def test_a_job_that_needs_no_more_goes_on_with_what_it_holds(held, engineer):
    job = held(step=9, cost_micro=1)
    before = job.reservation.amount_minor
    assert resume_job(job=job, by=engineer).reservation.amount_minor == before


def test_a_job_without_a_checkpoint_needs_the_money_for_all_of_its_work_again(held):
    assert minor_needed(held(step=5, cost_micro=1_000_000)) == 200
    assert minor_needed(held(step=5, cost_micro=1_000_000, checkpoint="")) == 300


def test_who_asked_for_more_money_does_not_approve_it_himself(held, manager, make_user, threshold, refused):
    threshold(150)
    job = held(step=5, cost_micro=1_000_000)
    assert refused(resume_job, job=job, by=manager) == "no_approver"
    other = make_user("second.manager", "manager")
    job = resume_job(job=job, by=manager)
    assert job.state == "awaiting"
    assert not Notice.objects.filter(kind="approval_asked", user=manager).exists()
    assert refused(approve_job, job=job, by=manager) == "not_allowed"
    assert approve_job(job=job, by=other).state == "queued"
    assert find_breaches() == []


def test_a_job_that_has_become_dearer_than_the_threshold_awaits_approval(held, engineer, manager, threshold):
    threshold(150)
    job = held(step=5, cost_micro=1_000_000)
    assert not job.needs_approval
    job = resume_job(job=job, by=engineer)
    assert (job.state, job.needs_approval, job.pause_reason) == ("awaiting", True, "")
    assert Notice.objects.filter(kind="approval_asked", user=manager).exists()
    assert claim_job() is None
    assert approve_job(job=job, by=manager).state == "queued"
    assert find_breaches() == []


def test_an_approved_job_that_needs_more_money_needs_another_approval(awaiting, manager, engineer):
    approve_job(job=awaiting, by=manager)
    claim = claim_job(awaiting.pk)
    TrainingJob.objects.update(step=5, steps=10, cost_micro=1_000_000)
    hold_job(
        TrainingJob.objects.held(awaiting.pk, claim.fence), reason=PauseReason.BUDGET, outcome=Attempt.Outcome.PAUSED
    )
    assert resume_job(job=TrainingJob.objects.get(), by=engineer).state == "awaiting"
    assert Approval.objects.get().voided_at is not None


def test_an_approved_job_that_was_only_paused_goes_on_without_asking_again(awaiting, manager, engineer):
    approve_job(job=awaiting, by=manager)
    job = pause_job(job=awaiting, by=engineer)
    assert resume_job(job=job, by=engineer).state == "queued"


def test_only_a_job_that_used_up_its_money_is_told_about(held, engineer):
    held(reason=PauseReason.ASKED)
    assert not Notice.objects.filter(kind="job_paused").exists()
    held(reason=PauseReason.BUDGET)
    assert Notice.objects.filter(kind="job_paused", user=engineer).exists()


def test_a_stale_claim_pauses_nothing(submit, later):
    submit()
    stale = claim_job()
    later(stale.job)
    sweep()
    fresh = claim_job()
    held = TrainingJob.objects.held(stale.job.pk, stale.fence)
    assert not hold_job(held, reason=PauseReason.ASKED, outcome=Attempt.Outcome.PAUSED)
    assert (TrainingJob.objects.get().state, TrainingJob.objects.get().fence) == ("running", fresh.fence)


def test_pause_and_claim_at_once_end_in_one_of_two_ways(in_threads, submit, engineer):
    job = submit()
    outcomes = in_threads(
        6, lambda number: claim_job(job.pk) if number % 2 else pause_job(job=TrainingJob.objects.get(), by=engineer)
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    job.refresh_from_db()
    assert (job.state, job.fence, job.pause_requested_at is None) in {("paused", 0, True), ("running", 1, False)}
    assert find_breaches() == []


def test_resuming_what_is_not_paused_does_nothing_and_says_nothing(submit, engineer, hints):
    job = submit()
    assert resume_job(job=job, by=engineer).state == "queued"
    assert not AuditEntry.objects.filter(verb="resume_job").exists()


def test_a_threshold_that_came_meanwhile_holds_when_a_job_is_resumed(submit, engineer, manager, project, hints):
    job = pause_job(job=submit(), by=engineer)
    project.approval_threshold_minor = 0
    project.save()
    assert resume_job(job=job, by=engineer).state == "awaiting"
