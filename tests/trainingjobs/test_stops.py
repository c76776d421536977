"""A running job is stopped at its time limit, at its budget, or when somebody asks, and keeps its checkpoint."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from finance.models import BudgetLine, Reservation
from finance.services.budget import set_line_policy
from people.models import Notice
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import approve_job, pause_job, resume_job, run_one, submit_job
from trainingjobs.supervisor import loop
from trainingjobs.supervisor.strays import strays_of

RUNS_ON = """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started(steps=1000)
    (root / "checkpoints" / "step-000000001").mkdir(parents=True)
    say(Checkpointed(path="checkpoints/step-000000001", step=1, epoch=0.1))
    say(Progress(step=500, steps=1000, epoch=1.0, epochs=2))
    while True:
        sum(range(100_000))
"""
COMES_TO_AN_END = RUNS_ON.replace("while True:", "while time.process_time() < 2:") + "    finished()"
DEAF = RUNS_ON.replace("lambda *_: sys.exit(143)", "signal.SIG_IGN")


@pytest.fixture(autouse=True)
def quick(hints, monkeypatch):
    """No broker is asked, and the supervisor looks often."""
    monkeypatch.setattr(loop, "FOLD_S", 0.1)


@pytest.fixture
def limited(project, engineer, compute_line):
    def make(**options):
        params = {"project": project, "recipe": "linear-regression", "params": {}, "by": engineer}
        return submit_job(**params, **options)

    return make


@pytest.fixture
def dear(monkeypatch):
    """Machine time that becomes so dear after most of a second that a job crosses its budget."""
    from trainingjobs.services import fold

    priced = fold.price

    def much(card, usage):
        charge = priced(card, usage)
        dear = 5_000 if usage.cpu_core_seconds > 0.8 else 1
        return type(charge)(**{**charge.__dict__, "cpu_micro": charge.cpu_micro * dear})

    monkeypatch.setattr(fold, "price", much)


@pytest.mark.parametrize("body", [RUNS_ON, DEAF], ids=["polite", "deaf"])
def test_a_time_limit_bites_within_five_seconds(limited, trainer, body):
    trainer(body)
    job = limited(time_limit_s=1)
    began = time.monotonic()
    assert run_one()
    job.refresh_from_db()
    assert time.monotonic() - began < 1 + 5 + 1.5  # limit, promise, and what starting a process takes here
    assert (job.state, job.error_code) == ("failed", "deadline")
    assert "1 s" in job.error_message
    assert find_breaches() == []


@pytest.mark.parametrize("body", [RUNS_ON, DEAF], ids=["polite", "deaf"])
def test_a_time_limit_bites_while_the_supervisor_waits_for_the_database(limited, trainer, monkeypatch, body):
    fold, gone_after = loop.fold_events, []

    def fold_late(**options):
        if not gone_after:
            wait_until_gone(options["claim"].job.pk)
            gone_after.append((timezone.now() - options["claim"].claimed_at).total_seconds())
        return fold(**options)

    monkeypatch.setattr(loop, "fold_events", fold_late)
    trainer(body)
    job = limited(time_limit_s=1)
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "deadline")
    assert 1 <= gone_after[0] <= 1 + 5
    assert find_breaches() == []


def wait_until_gone(job_id, timeout_s=15):
    given_up_at = time.monotonic() + timeout_s
    while strays_of(job_id, 1) and time.monotonic() < given_up_at:
        time.sleep(0.05)


def test_waiting_for_a_lock_is_no_running_time(limited, trainer, monkeypatch):
    from trainingjobs.services import finish

    end, waited_s = finish._finish, 0.7
    monkeypatch.setattr(finish, "_finish", lambda *args: time.sleep(waited_s) or end(*args))
    trainer("started(); finished()")
    job = limited()
    assert run_one()
    job.refresh_from_db()
    assert job.finished_at <= timezone.now() - timedelta(seconds=waited_s)
    assert job.attempts.get().ended_at == job.finished_at


def test_a_time_limit_counts_the_earlier_attempts(limited, trainer):
    trainer(RUNS_ON)
    job = limited(time_limit_s=1)
    claim = claim_once(job)
    assert claim.ran_before_s >= 1
    began = time.monotonic()
    loop.Supervision(claim).run()
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "deadline")
    assert time.monotonic() - began < 3


def claim_once(job):
    """Claim it a second time, after a first attempt of two seconds was lost."""
    from trainingjobs.models import Attempt
    from trainingjobs.services.claim import claim_job
    from trainingjobs.services.finish import requeue_job

    first = claim_job(job.pk)
    requeue_job(TrainingJob.objects.held(job.pk, first.fence), outcome=Attempt.Outcome.LOST)
    attempt = job.attempts.get()
    Attempt.objects.filter(pk=attempt.pk).update(started_at=attempt.ended_at - timedelta(seconds=2))
    return claim_job(job.pk)


def test_a_job_stops_at_the_crossing_of_its_budget_and_keeps_its_checkpoint(
    limited, trainer, compute_line, dear, project
):
    trainer(RUNS_ON)
    job = limited()
    reserved = job.reservation.amount_minor
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=reserved, released_minor=reserved)
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("paused", "budget")
    assert job.checkpoint == "attempt-1/checkpoints/step-000000001"
    assert job.reservation.status == Reservation.Status.OPEN
    told = Notice.objects.filter(kind="job_paused").values_list("user", flat=True)
    assert set(told) == {job.submitted_by_id, project.lead_id}
    assert find_breaches() == []


def test_what_was_stopped_at_its_budget_goes_on_only_with_new_money(limited, trainer, compute_line, dear, engineer):
    trainer(RUNS_ON)
    job = limited()
    reserved = job.reservation.amount_minor
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=reserved, released_minor=reserved)
    run_one()
    with pytest.raises(ValidationError, match="Over budget"):
        resume_job(job=job, by=engineer)
    BudgetLine.objects.filter(pk=compute_line.pk).update(planned_minor=10**9, released_minor=10**9)
    resumed = resume_job(job=job, by=engineer)
    assert resumed.state == "queued"
    assert resumed.reservation.amount_minor > reserved
    assert find_breaches() == []


def test_a_job_grows_into_what_its_line_still_has(limited, trainer, dear):
    trainer(COMES_TO_AN_END)
    job = limited()
    reserved = job.reservation.amount_minor
    assert run_one()
    job.refresh_from_db()
    assert job.state == "succeeded"
    assert job.reservation.amount_minor > reserved


@pytest.mark.parametrize("policy", ["warn", "ignore"])
def test_a_line_that_does_not_stop_lets_a_job_run_over_and_says_so_when_it_warns(
    limited, trainer, compute_line, dear, finance_user, policy
):
    trainer(COMES_TO_AN_END)
    job = limited()
    set_line_policy(line=compute_line, policy=policy, by=finance_user)
    BudgetLine.objects.filter(pk=compute_line.pk).update(
        planned_minor=job.reservation.amount_minor, released_minor=job.reservation.amount_minor
    )
    assert run_one()
    job.refresh_from_db()
    assert job.state == "succeeded"
    assert Notice.objects.filter(kind="budget").exists() == (policy == "warn")
    assert find_breaches() == []


def test_nobody_but_a_manager_lets_a_job_grow_beyond_what_was_approved(
    limited, trainer, compute_line, dear, project, manager, make_user
):
    trainer(RUNS_ON)
    project.approval_threshold_minor = 0
    project.save()
    job = limited()
    assert job.state == "awaiting"
    approve_job(job=job, by=manager)
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("paused", "budget")
    assert resume_job(job=job, by=job.submitted_by).state == "awaiting"
    assert find_breaches() == []


def test_a_running_job_is_paused_with_its_checkpoint_and_goes_on_from_there(limited, trainer, engineer, monkeypatch):
    fold, asked = loop.fold_events, []

    def fold_then_pause(**options):
        watch = fold(**options)
        if options["events"] and not asked:
            asked.append(pause_job(job=options["claim"].job, by=engineer))
        return watch

    monkeypatch.setattr(loop, "fold_events", fold_then_pause)
    trainer(RUNS_ON)
    job = limited()
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.pause_reason, job.step) == ("paused", "asked", 500)
    assert job.attempts.get().outcome == "paused"
    resume_job(job=job, by=engineer)
    trainer('started(); say(Logged(level="info", message=str(spec["checkpoint"]))); finished()')
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.fence, job.lost_workers, job.trainer_deaths) == ("succeeded", 2, 0, 0)
    assert find_breaches() == []
