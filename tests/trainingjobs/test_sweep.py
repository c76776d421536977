import os
import subprocess
import sys
from datetime import timedelta

import psutil
import pytest
from django.utils import timezone

from finance.services.rates import Usage
from portal.invariants import find_breaches
from trainingjobs.models import Attempt, TrainingJob
from trainingjobs.presence import say_present
from trainingjobs.querysets import lease_end
from trainingjobs.services import cancel_job, sweep
from trainingjobs.services.claim import claim_job
from trainingjobs.services.fold import fold_events


@pytest.fixture
def claim(submit):
    submit()
    return claim_job()


@pytest.fixture
def worker(db):
    say_present(2)


def waited(job, **since):
    """Let a job have waited, unheard, for so long."""
    moment = timezone.now() - timedelta(**since)
    TrainingJob.objects.filter(pk=job.pk).update(submitted_at=moment, queued_at=moment, hinted_at=moment)


def test_a_job_whose_worker_is_lost_is_queued_again_and_hinted(claim, later, hints, django_capture_on_commit_callbacks):
    later(claim.job)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep() == 1
    job = TrainingJob.objects.get()
    assert (job.state, job.lost_workers, job.trainer_deaths) == ("queued", 1, 0)
    assert Attempt.objects.get().outcome == "lost"
    assert hints == [str(job.pk)]


def test_a_job_whose_worker_still_speaks_is_left_alone(claim):
    assert sweep() == 0
    assert TrainingJob.objects.get().state == "running"


def test_a_lost_worker_does_not_use_up_the_tries_of_the_trainer(claim, later):
    for _ in range(5):
        later(claim.job)
        sweep()
        claim_job()
    job = TrainingJob.objects.get()
    assert (job.state, job.fence, job.lost_workers, job.trainer_deaths) == ("running", 6, 5, 0)


def test_after_twenty_lost_workers_the_job_fails(claim, later):
    TrainingJob.objects.update(lost_workers=19)
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=100))
    later(claim.job)
    sweep()
    job = TrainingJob.objects.get()
    assert (job.state, job.error_code, job.lost_workers, job.run.status) == ("failed", "workers_lost", 20, "failed")
    assert job.error_mend
    assert find_breaches() == []


def test_a_job_that_was_being_cancelled_when_its_worker_was_lost_is_cancelled(claim, later, engineer):
    cancel_job(job=claim.job, by=engineer)
    later(claim.job)
    sweep()
    job = TrainingJob.objects.get()
    assert (job.state, job.reservation.status, job.attempts.get().outcome) == ("cancelled", "released", "lost")
    assert find_breaches() == []


def test_a_job_whose_hint_was_lost_is_hinted_again(submit, hints, worker):
    job = submit()
    sweep()
    assert hints == []
    waited(job, seconds=30)
    sweep()
    sweep()
    assert hints == [str(job.pk)]


def test_the_longer_a_job_waits_the_rarer_the_hints_but_never_rarer_than_a_minute(submit, hints, worker):
    job = submit()
    waited(job, hours=5)
    TrainingJob.objects.update(hinted_at=timezone.now() - timedelta(seconds=50))
    sweep()
    assert hints == []
    TrainingJob.objects.update(hinted_at=timezone.now() - timedelta(seconds=61))
    sweep()
    assert hints == [str(job.pk)]


def test_no_hint_is_left_where_no_worker_would_read_it(submit, hints, settings):
    job = submit()
    waited(job, hours=1)
    settings.WORKER_RESOURCES = ["gpu"]
    say_present(1)
    sweep()
    assert hints == []
    job.refresh_from_db()
    assert timezone.now() - job.hinted_at > timedelta(minutes=59)


def test_a_long_line_is_hinted_at_only_so_often_as_slots_may_listen(submit, hints, worker, monkeypatch):
    monkeypatch.setattr(sys.modules["trainingjobs.services.sweep"], "MOST_HINTS", 2)
    for job in [submit() for _ in range(4)]:
        waited(job, hours=1)
    sweep()
    sweep()
    assert len(hints) == 2


def test_the_trainer_of_a_lost_worker_is_killed_when_it_is_still_here(claim, later):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    Attempt.objects.update(pid=sleeper.pid, pid_started=psutil.Process(sleeper.pid).create_time())
    later(claim.job)
    sweep()
    assert sleeper.wait(5) == -9


def test_a_process_that_only_has_the_same_number_is_spared(claim, later):
    Attempt.objects.update(pid=os.getpid(), pid_started=1.0)
    later(claim.job)
    assert sweep() == 1


def test_two_sweeps_at_once_take_a_job_back_once(in_threads, submit, later):
    submit()
    later(claim_job().job)
    assert sum(in_threads(4, lambda number: sweep())) == 1
    assert TrainingJob.objects.get().lost_workers == 1


def test_a_trainer_whose_worker_spoke_in_the_last_moment_is_let_alone(submit, hints, later, monkeypatch):
    module = sys.modules["trainingjobs.services.sweep"]

    job = submit()
    claim = claim_job(job.pk)
    later(job)
    killed = []
    monkeypatch.setattr(module, "kill_left_trainer", killed.append)
    take_back = module._take_back

    def renewed_first(lost):
        TrainingJob.objects.held(job.pk, claim.fence).update(lease_until=lease_end(30))
        return take_back(lost)

    monkeypatch.setattr(module, "_take_back", renewed_first)
    assert module.sweep() == 0
    assert killed == []
