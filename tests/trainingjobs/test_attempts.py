"""Claim, fold, finish and hand back: every effect carries the fence, and a stale one changes nothing."""

import pytest
from django.forms.models import model_to_dict

from engine.events import Checkpointed, Metrics, Progress, Started
from experiments.models import MetricSeries, ModelVersion, Run
from finance.models import JournalEntry, LedgerEntry, Reservation
from finance.services.rates import Usage
from people.models import AuditEntry, OutboxMessage
from portal.invariants import find_breaches
from trainingjobs.models import Attempt, JobState, TrainingJob
from trainingjobs.services import run_one
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job, requeue_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.sweep import sweep

HOUR = Usage(cpu_core_seconds=3600, gib_seconds=3600)
STARTED = Started(
    steps=10,
    epochs=2,
    dataset={"name": "points", "version": "1", "digest": "d" * 64, "rows": 9, "splits": {}},
    parameter_count=2,
    device="cpu",
    threads=1,
    versions={"python": "3"},
)


def everything():
    """All rows that an attempt could write."""
    kinds = (
        TrainingJob,
        Attempt,
        Run,
        MetricSeries,
        ModelVersion,
        JournalEntry,
        LedgerEntry,
        Reservation,
        OutboxMessage,
        AuditEntry,
    )
    return {kind.__name__: [model_to_dict(row) for row in kind.objects.order_by("pk")] for kind in kinds}


@pytest.fixture
def claim(submit):
    submit()
    return claim_job()


def test_a_claim_gives_fence_lease_attempt_and_run(submit):
    job = submit()
    claim = claim_job()
    job.refresh_from_db()
    assert (job.state, job.fence, claim.fence) == ("running", 1, 1)
    assert job.lease_until > job.started_at
    assert job.attempts.get().worker == job.worker
    assert (job.run.name, job.run.status) == ("TRI-1", "running")


def test_the_job_that_waited_longest_comes_first(submit):
    first, second = submit(), submit()
    assert [claim_job().job, claim_job().job] == [first, second]
    assert claim_job() is None


def test_a_hint_that_comes_twice_claims_once(submit):
    job = submit()
    assert claim_job(job.pk).job == job
    assert claim_job(job.pk) is None


def test_ten_workers_claim_a_job_once(in_threads, submit):
    job = submit()
    claims = in_threads(10, lambda number: claim_job(job.pk))
    assert [claim.fence for claim in claims if claim] == [1]
    assert len(claims) == 10


def test_events_become_progress_cost_and_curves(claim):
    events = [
        STARTED,
        Progress(step=5, steps=10, epoch=1.0, epochs=2, message="half"),
        Metrics(step=5, epoch=1.0, values={"train_loss": 0.5}),
        Checkpointed(path="checkpoints/5", step=5, epoch=1.0),
    ]
    assert fold_events(claim=claim, events=events, usage=HOUR).cancel_requested is False
    job = TrainingJob.objects.get()
    assert (job.step, job.steps, job.share_done, job.progress_message) == (5, 10, 0.5, "half")
    assert (job.checkpoint, job.cost_micro, job.energy_wh) == (
        "attempt-1/checkpoints/5",
        480_000 + 12_000 + 3_335,
        11.5,
    )
    assert (job.run.dataset.digest, job.run.parameter_count, job.run.epochs) == ("d" * 64, 2, 2)
    assert job.run.series.get().last == 0.5
    assert job.attempts.get().first_event_at is not None


def test_folding_renews_the_lease(claim, later):
    later(claim.job)
    fold_events(claim=claim, events=[], usage=HOUR)
    assert not TrainingJob.objects.with_lost_lease().exists()


def test_a_new_checkpoint_forgives_earlier_deaths(claim):
    TrainingJob.objects.update(trainer_deaths=2)
    fold_events(claim=claim, events=[Checkpointed(path="c", step=1, epoch=0.1)], usage=HOUR)
    assert TrainingJob.objects.get().trainer_deaths == 0


def test_a_finished_job_is_charged_and_its_reservation_relieved(claim, compute_line):
    fold_events(claim=claim, events=[STARTED], usage=HOUR)
    assert finish_job(claim=claim, ending=Ending(JobState.SUCCEEDED, metrics={"a": 1.0}, report={}), exit_code=0)
    job = TrainingJob.objects.get()
    compute_line.refresh_from_db()
    assert (job.state, job.lease_until, job.reservation.status) == ("succeeded", None, "relieved")
    assert (compute_line.reserved_minor, compute_line.spent_minor) == (0, 50)
    assert (job.charge.source, job.charge.external_id) == ("job", str(job.pk))
    assert (job.run.status, job.run.metrics, job.attempts.get().outcome) == ("finished", {"a": 1.0}, "finished")
    assert OutboxMessage.objects.get(topic="publish_run").topic == "publish_run"
    assert find_breaches() == []


def test_an_overrun_is_posted_as_it_is(claim, compute_line):
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3_600_000))
    finish_job(claim=claim, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0)
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 48_000 + 334 > claim.job.reservation.amount_minor
    assert find_breaches() == []


def test_a_job_that_used_nothing_is_not_charged(claim, compute_line):
    finish_job(claim=claim, ending=Ending(JobState.FAILED, error_code="x"), exit_code=None)
    compute_line.refresh_from_db()
    assert (compute_line.reserved_minor, compute_line.spent_minor) == (0, 0)
    assert Reservation.objects.get().status == "released"
    assert find_breaches() == []


def test_a_stale_fence_changes_nothing_at_all(claim, later, hints):
    """The worker was paused past its lease; another has the job now. Whatever the first one does is void."""
    later(claim.job)
    sweep()
    assert claim_job().fence == 2
    before = everything()
    ending = Ending(JobState.SUCCEEDED, metrics={"a": 9.0}, report={})
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    assert fold_events(claim=claim, events=[STARTED, Metrics(step=1, epoch=1, values={"a": 9.0})], usage=HOUR) is None
    assert finish_job(claim=claim, ending=ending, exit_code=0) is False
    assert requeue_job(held, outcome=Attempt.Outcome.DIED) is False
    assert everything() == before


def test_a_claim_that_finished_cannot_finish_again(claim):
    ending = Ending(JobState.SUCCEEDED, metrics={}, report={})
    assert finish_job(claim=claim, ending=ending, exit_code=0)
    before = everything()
    assert finish_job(claim=claim, ending=Ending(JobState.FAILED), exit_code=1) is False
    assert everything() == before


def test_a_paused_attempt_that_wakes_after_the_next_one_finished_is_void(claim, later):
    later(claim.job)
    sweep()
    second = claim_job()
    fold_events(claim=second, events=[STARTED], usage=HOUR)
    finish_job(claim=second, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0)
    before = everything()
    assert finish_job(claim=claim, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0) is False
    assert everything() == before
    assert find_breaches() == []


def test_what_a_lost_attempt_used_is_charged_too(claim, later, compute_line):
    fold_events(claim=claim, events=[], usage=HOUR)
    later(claim.job)
    sweep()
    second = claim_job()
    fold_events(claim=second, events=[], usage=HOUR)
    finish_job(claim=second, ending=Ending(JobState.SUCCEEDED, metrics={}, report={}), exit_code=0)
    compute_line.refresh_from_db()
    assert TrainingJob.objects.get().cpu_core_seconds == 7200
    assert compute_line.spent_minor == 100
    assert find_breaches() == []


def test_a_job_handed_back_can_be_claimed_by_the_next(claim):
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    assert requeue_job(held, outcome=Attempt.Outcome.RELEASED, exit_code=143)
    assert TrainingJob.objects.get().state == "queued"
    assert claim_job().fence == 2
    assert [attempt.outcome for attempt in Attempt.objects.all()] == ["released", "running"]
    assert Run.objects.count() == 1


def test_a_fault_of_the_supervisor_fails_the_job_after_a_few_attempts_and_says_so(submit, trainer, hints, monkeypatch):
    def fault(self):
        raise KeyError("digest")

    monkeypatch.setattr("trainingjobs.supervisor.loop.Supervision.run", fault)
    job = submit()
    for _attempt in range(3):
        assert run_one()
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "supervisor_failed")
    assert "KeyError: 'digest'" in job.error_message
    assert not run_one()
