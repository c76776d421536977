from uuid import uuid4

import pytest

from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job, pause_job, retry_job, submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job


@pytest.fixture
def failed(project, engineer, compute_line, hints):
    """A job of high priority with a time limit that has failed."""
    job = submit_job(
        project=project, recipe="linear-regression", params={"epochs": 7}, by=engineer, priority=1, time_limit_s=60
    )
    finish_job(claim=claim_job(job.pk), ending=Ending("failed", error_code="bad_data"), exit_code=1)
    job.refresh_from_db()
    return job


def test_a_retry_is_a_new_job_with_the_same_settings(failed, engineer):
    job = retry_job(job=failed, by=engineer)
    failed.refresh_from_db()
    assert (job.name, job.state, job.params, job.time_limit_s) == ("TRI-2", "queued", failed.params, 60)
    assert (job.retry_of, failed.state, failed.error_code) == (failed, "failed", "bad_data")
    assert job.reservation_id != failed.reservation_id
    assert job.step == 0
    assert find_breaches() == []


def test_a_retry_does_not_inherit_high_priority(failed, engineer):
    assert retry_job(job=failed, by=engineer).priority == 0


def test_the_same_token_is_one_retry(failed, engineer, in_threads):
    token = uuid4()
    jobs = in_threads(4, lambda number: retry_job(job=failed, by=engineer, submission=token).pk)
    assert len(set(jobs)) == 1
    assert TrainingJob.objects.count() == 2


def test_a_cancelled_job_can_be_retried(submit, engineer):
    job = cancel_job(job=submit(), by=engineer)
    assert retry_job(job=job, by=engineer).retry_of == job


@pytest.mark.parametrize("state", ["queued", "paused", "running", "succeeded"])
def test_a_job_that_neither_failed_nor_was_cancelled_is_not_retried(submit, engineer, state, refused):
    job = submit()
    if state == "paused":
        job = pause_job(job=job, by=engineer)
    elif state != "queued":
        claim = claim_job()
        if state == "succeeded":
            finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
    job.refresh_from_db()
    assert refused(retry_job, job=job, by=engineer) == "cannot_retry"
    assert TrainingJob.objects.count() == 1


def test_a_retry_above_the_threshold_awaits_approval_like_any_job(failed, engineer, threshold):
    threshold()
    assert retry_job(job=TrainingJob.objects.get(), by=engineer).state == "awaiting"


def test_a_viewer_and_a_stranger_may_not_retry(failed, viewer, stranger, refused):
    for user in (viewer, stranger):
        assert refused(retry_job, job=failed, by=user) == "not_allowed"
