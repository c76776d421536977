"""While a project rests no job begins in it: none is submitted, resumed or retried, and what waits or runs goes on."""

from datetime import date

import pytest

from projects.services import hold_project, resume_project
from trainingjobs.services import cancel_job, pause_job, resume_job, retry_job, submit_job
from trainingjobs.services.claim import claim_job

DAY = date(2026, 5, 1)


@pytest.fixture
def rest(project, manager):
    return lambda: hold_project(project=project, on=DAY, by=manager)


def test_a_resting_project_takes_no_job_until_it_goes_on(project, submit, rest, refused, engineer, manager, hints):
    rest()
    job = {"project": project, "recipe": "linear-regression", "params": {}, "by": engineer}
    assert refused(submit_job, **job) == "project_on_hold"
    assert not project.jobs.exists()
    resume_project(project=project, on=DAY, by=manager)
    assert submit_job(**job).state == "queued"


def test_a_resting_project_retries_and_resumes_nothing(submit, rest, refused, engineer, hints):
    ended, paused = cancel_job(job=submit(), by=engineer), pause_job(job=submit(), by=engineer)
    rest()
    assert refused(retry_job, job=ended, by=engineer) == "project_on_hold"
    assert refused(resume_job, job=paused, by=engineer) == "project_on_hold"
    paused.refresh_from_db()
    assert paused.state == "paused"


def test_what_waits_in_the_queue_of_a_resting_project_runs_and_is_not_paused_against_its_will(
    submit, rest, engineer, hints
):
    job = submit()
    rest()
    assert claim_job().job == job
    pause_job(job=job, by=engineer)
    assert resume_job(job=job, by=engineer).pause_requested_at is None
