from uuid import uuid4

import pytest

from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import act_on_jobs, cancel_job
from trainingjobs.services.bulk import ACTIONS, MOST_JOBS
from trainingjobs.services.claim import claim_job


def test_each_job_is_done_or_refused_on_its_own(submit, engineer):
    ended, queued, running = cancel_job(job=submit(), by=engineer), submit(), submit()
    claim_job(running.pk)
    outcomes = act_on_jobs(action="cancel", jobs=[ended, queued, running], by=engineer)
    assert [(outcome.ok, outcome.code) for outcome in outcomes] == [(False, "already_ended"), (True, ""), (True, "")]
    assert outcomes[0].message == "TRI-1 has already ended: Cancelled."
    assert [outcome.job.state for outcome in outcomes] == ["cancelled", "cancelled", "running"]
    assert find_breaches() == []


def test_pause_and_resume_go_there_and_back(submit, engineer):
    jobs = [submit(), submit()]
    assert all(outcome.ok for outcome in act_on_jobs(action="pause", jobs=jobs, by=engineer))
    assert set(TrainingJob.objects.values_list("state", flat=True)) == {"paused"}
    assert all(outcome.ok for outcome in act_on_jobs(action="resume", jobs=jobs, by=engineer))
    assert set(TrainingJob.objects.values_list("state", flat=True)) == {"queued"}


@pytest.mark.parametrize(("action", "priority"), [("priority_low", -1), ("priority_normal", 0), ("priority_high", 1)])
def test_priority_has_an_action_for_each_value(submit, engineer, action, priority):
    (outcome,) = act_on_jobs(action=action, jobs=[submit()], by=engineer)
    assert (outcome.ok, outcome.job.priority) == (True, priority)


def test_a_retry_answers_with_the_new_job_and_the_same_token_makes_no_second(submit, engineer):
    jobs, token = [cancel_job(job=submit(), by=engineer) for _number in range(2)], uuid4()
    first = act_on_jobs(action="retry", jobs=jobs, by=engineer, submission=token)
    second = act_on_jobs(action="retry", jobs=jobs, by=engineer, submission=token)
    assert [outcome.job.retry_of for outcome in first] == jobs
    assert [outcome.job.pk for outcome in first] == [outcome.job.pk for outcome in second]
    assert TrainingJob.objects.count() == 4


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_does_nothing_with_any_job(submit, viewer, action):
    job = submit()
    TrainingJob.objects.filter(pk=job.pk).update(state="failed", finished_at=job.submitted_at)
    (outcome,) = act_on_jobs(action=action, jobs=[TrainingJob.objects.get()], by=viewer)
    assert (outcome.ok, outcome.code) == (False, "not_allowed")


def test_an_unknown_action_and_a_wrong_number_of_jobs_are_refused(submit, engineer, refused):
    job = submit()
    assert refused(act_on_jobs, action="delete", jobs=[job], by=engineer) == "no_such_action"
    assert refused(act_on_jobs, action="cancel", jobs=[], by=engineer) == "wrong_number_of_jobs"
    assert refused(act_on_jobs, action="cancel", jobs=[job] * (MOST_JOBS + 1), by=engineer) == "wrong_number_of_jobs"
    assert TrainingJob.objects.get().state == "queued"
