import pytest
from django.core.exceptions import ValidationError

from finance.models import BudgetLine
from people.models import AuditEntry
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import approve_job, cancel_job, change_job, pause_job, resume_job, sweep
from trainingjobs.services.claim import claim_job


def test_a_queued_job_gets_other_settings_another_price_and_another_reservation(submit, engineer, compute_line):
    job = submit(epochs=2000)
    before = job.forecast_micro_high
    job = change_job(job=job, by=engineer, params={"epochs": 1}, time_limit_s=60)
    compute_line.refresh_from_db()
    assert (job.state, job.params["epochs"], job.time_limit_s) == ("queued", 1, 60)
    assert job.forecast_micro_high < before
    assert compute_line.reserved_minor == job.reservation.amount_minor
    detail = AuditEntry.objects.get(verb="change_job").detail
    assert (detail["from"]["epochs"], detail["to"]["epochs"]) == (2000, 1)
    assert find_breaches() == []


def test_a_time_limit_lowers_the_price_and_raising_it_again_raises_it(submit, engineer, compute_line):
    job = submit("image-classifier", epochs=50)
    before = (job.forecast_micro_high, job.reservation.amount_minor)
    job = change_job(job=job, by=engineer, params=job.params, time_limit_s=2)
    compute_line.refresh_from_db()
    assert (job.forecast_seconds_high, job.stop_at_limit) == (2, "probable")
    assert job.forecast_micro_high < before[0]
    assert compute_line.reserved_minor == job.reservation.amount_minor <= before[1]
    job = change_job(job=job, by=engineer, params=job.params)
    assert (job.forecast_micro_high, job.reservation.amount_minor) == before
    assert job.stop_at_limit is None
    assert find_breaches() == []


def test_a_change_that_the_budget_does_not_bear_changes_nothing(submit, engineer, compute_line):
    job = submit("image-classifier", epochs=1)
    BudgetLine.objects.filter(pk=compute_line.pk).update(
        planned_minor=job.reservation.amount_minor, released_minor=job.reservation.amount_minor
    )
    with pytest.raises(ValidationError) as refusal:
        change_job(job=job, by=engineer, params={"epochs": 200})
    job.refresh_from_db()
    assert refusal.value.code == "over_budget"
    assert job.params["epochs"] == 1
    assert find_breaches() == []


def test_settings_are_judged_as_at_submission(submit, engineer, refused):
    job = submit()
    with pytest.raises(ValidationError, match="below the limit of 1") as refusal:
        change_job(job=job, by=engineer, params={"epochs": 0})
    assert list(refusal.value.error_dict) == ["epochs"]
    assert refused(change_job, job=job, by=engineer, params={}, time_limit_s=0.5) == "bad_time_limit"


def test_what_has_started_stays_as_it_is(submit, engineer, later, refused):
    job = submit()
    claim_job()
    assert refused(change_job, job=job, by=engineer, params={}) == "already_started"
    later(job)
    sweep()
    assert TrainingJob.objects.get().state == "queued"
    assert refused(change_job, job=job, by=engineer, params={}) == "already_started"
    cancel_job(job=job, by=engineer)
    assert refused(change_job, job=job, by=engineer, params={}) == "already_started"


def test_a_job_that_ended_without_a_start_is_not_changed(submit, engineer, refused):
    job = cancel_job(job=submit(), by=engineer)
    assert refused(change_job, job=job, by=engineer, params={}) == "already_started"


def test_a_paused_job_stays_paused_when_changed(submit, engineer):
    job = pause_job(job=submit(), by=engineer)
    job = change_job(job=job, by=engineer, params={"epochs": 7})
    assert (job.state, job.pause_reason, job.params["epochs"]) == ("paused", "asked", 7)
    assert resume_job(job=job, by=engineer).state == "queued"


def test_a_paused_job_that_is_changed_above_the_threshold_awaits_approval_once_resumed(submit, engineer, threshold):
    job = pause_job(job=submit(), by=engineer)
    threshold()
    job = change_job(job=job, by=engineer, params={"epochs": 7})
    assert (job.state, job.needs_approval) == ("paused", True)
    assert resume_job(job=job, by=engineer).state == "awaiting"


def test_a_job_made_cheap_enough_needs_no_manager_any_more(awaiting, engineer, threshold, hints):
    threshold(10_000)
    job = change_job(job=awaiting, by=engineer, params={"epochs": 1})
    assert (job.state, job.needs_approval) == ("queued", False)
    assert job.queued_at is not None


def test_a_viewer_and_a_stranger_may_not_change(submit, viewer, stranger, refused):
    job = submit()
    for user in (viewer, stranger):
        assert refused(change_job, job=job, by=user, params={}) == "not_allowed"


def test_change_and_claim_at_once_leave_a_run_with_the_settings_of_its_job(in_threads, submit, engineer):
    job = submit(epochs=2000)

    def act(number):
        if number % 2:
            return claim_job(job.pk)
        return change_job(job=TrainingJob.objects.get(), by=engineer, params={"epochs": 7})

    outcomes = in_threads(6, act)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {getattr(refusal, "code", repr(refusal)) for refusal in refusals} <= {"already_started"}
    job.refresh_from_db()
    assert (job.state, job.fence) == ("running", 1)
    assert job.run.params == job.params
    assert find_breaches() == []


def test_a_change_that_changes_nothing_voids_nothing(awaiting, engineer, manager, hints):
    job = approve_job(job=awaiting, by=manager)
    same = change_job(job=job, by=engineer, params=job.params, time_limit_s=job.time_limit_s)
    assert same.state == "queued"
    assert not job.approvals.exclude(voided_at=None).exists()
    assert not AuditEntry.objects.filter(verb="change_job").exists()
