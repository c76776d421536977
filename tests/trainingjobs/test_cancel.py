import pytest
from django.core.exceptions import ValidationError

from finance.services.rates import Usage
from people.models import AuditEntry
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.sweep import sweep


def test_a_queued_job_is_cancelled_at_once_and_its_money_is_free(submit, engineer, compute_line):
    job = cancel_job(job=submit(), by=engineer)
    compute_line.refresh_from_db()
    assert (job.state, job.reservation.status, compute_line.reserved_minor) == ("cancelled", "released", 0)
    assert job.finished_at is not None
    assert AuditEntry.objects.get(verb="cancel_job").actor == engineer
    assert claim_job() is None
    assert find_breaches() == []


def test_a_running_job_is_asked_to_stop(submit, engineer):
    submit()
    job = cancel_job(job=claim_job().job, by=engineer)
    assert job.state == "running"
    assert job.cancel_requested_at is not None


def test_asking_twice_keeps_the_first_time(submit, engineer):
    submit()
    first = cancel_job(job=claim_job().job, by=engineer).cancel_requested_at
    assert cancel_job(job=TrainingJob.objects.get(), by=engineer).cancel_requested_at == first


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_what_has_ended_stays_as_it_ended(submit, engineer, state):
    submit()
    claim = claim_job()
    finish_job(claim=claim, ending=Ending(state, metrics={}, report={}), exit_code=0)
    with pytest.raises(ValidationError, match="TRI-1 has already ended") as error:
        cancel_job(job=claim.job, by=engineer)
    assert error.value.code == "already_ended"


def test_a_viewer_and_a_stranger_may_not_cancel(submit, viewer, stranger):
    job = submit()
    for user in (viewer, stranger):
        with pytest.raises(ValidationError) as error:
            cancel_job(job=job, by=user)
        assert error.value.code == "not_allowed"
    job.refresh_from_db()
    assert job.state == "queued"


def test_cancel_and_claim_at_once_end_in_one_of_two_ways(in_threads, submit, engineer):
    job = submit()
    in_threads(6, lambda number: claim_job(job.pk) if number % 2 else cancel_job(job=job, by=engineer))
    job.refresh_from_db()
    assert (job.state, job.fence) in {("cancelled", 0), ("running", 1)}
    assert (job.state == "cancelled") == (job.reservation.status == "released")


def test_cancel_and_finish_at_once_charge_once_and_end_once(in_threads, submit, engineer, compute_line):
    submit()
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    ending = Ending("succeeded", metrics={}, report={})
    outcomes = in_threads(
        8,
        lambda number: (
            finish_job(claim=claim, ending=ending, exit_code=0)
            if number % 2
            else cancel_job(job=claim.job, by=engineer).state
        ),
    )
    refused = [outcome.code for outcome in outcomes if isinstance(outcome, ValidationError)]
    assert (outcomes.count(True), outcomes.count(False)) == (1, 3)
    assert outcomes.count("running") + outcomes.count("succeeded") + refused.count("already_ended") == 4
    assert TrainingJob.objects.get().state == "succeeded"
    assert find_breaches() == []


def test_a_job_that_goes_back_to_the_queue_meanwhile_is_cancelled_and_not_called_ended(
    in_threads, submit, engineer, later
):
    """Cancel and sweep race for jobs whose workers were lost: whichever is first, the cancel is kept."""
    jobs = [submit() for _number in range(6)]
    for job in jobs:
        claim_job(job.pk)
        later(job)
    outcomes = in_threads(12, lambda number: sweep() if number % 2 else cancel_job(job=jobs[number // 2], by=engineer))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    for job in TrainingJob.objects.all():
        assert job.state == "cancelled" or job.cancel_requested_at is not None
