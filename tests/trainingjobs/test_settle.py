"""A job is charged whatever the books are doing: in a closed period the portal itself posts on the next open day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from finance.services.period import open_periods, set_period_status
from finance.services.rates import Usage
from portal.invariants import find_breaches
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events


@pytest.mark.parametrize("status", ["soft_closed", "closed"])
def test_a_job_that_ends_in_a_closed_period_is_charged_on_the_next_open_day(submit, compute_line, finance_user, status):
    today = timezone.localdate()
    this, following, _third = open_periods(first=today, months=3, by=finance_user)
    for period in (this, following):
        set_period_status(period=period, status=status, at=timezone.now() - timedelta(seconds=1), by=finance_user)
    submit()
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    finish_job(claim=claim, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0)
    job = TrainingJob.objects.get()
    assert (job.charge.effective_on, job.charge.posted_by) == (following.ends_on, None)
    assert f"ended on {today}" in job.charge.memo
    compute_line.refresh_from_db()
    assert (compute_line.reserved_minor, compute_line.spent_minor) == (0, 49)
    assert find_breaches() == []
