import pytest
from django.core.exceptions import ValidationError

from people.models import AuditEntry
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job


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
