"""Whatever happens in whatever order to a handful of jobs: no money is lost, none ends twice, no stale claim writes."""

import contextlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.services.rates import Usage
from portal.invariants import find_breaches
from trainingjobs.models import TERMINAL, Attempt, JobState, TrainingJob
from trainingjobs.services import cancel_job, submit_job, sweep
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job, requeue_job
from trainingjobs.services.fold import fold_events

STEPS = st.sampled_from(
    ["submit", "claim", "claim", "fold", "fold", "succeed", "fail", "die", "cancel", "lose", "sweep"]
)


class World:
    """All claims ever made stay in hand, so that stale ones act too."""

    def __init__(self, project, by):
        self.project, self.by, self.claims, self.ended = project, by, [], {}

    def play(self, step, pick):
        claim = self.claims[pick % len(self.claims)] if self.claims else None
        getattr(self, step)(claim)
        self.look(claim)

    def submit(self, _claim):
        submit_job(project=self.project, recipe="linear-regression", params={}, by=self.by)

    def claim(self, _claim):
        claim = claim_job()
        self.claims += [claim] if claim else []

    def fold(self, claim):
        if claim:
            alive = self.owns(claim)
            assert (fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=90)) is not None) == alive

    def succeed(self, claim):
        self.end(claim, Ending(JobState.SUCCEEDED, metrics={}, report={}))

    def fail(self, claim):
        self.end(claim, Ending(JobState.FAILED, error_code="x"))

    def end(self, claim, ending):
        if claim:
            alive = self.owns(claim)
            assert finish_job(claim=claim, ending=ending, exit_code=0) == alive

    def die(self, claim):
        if claim:
            held = TrainingJob.objects.held(claim.job.pk, claim.fence)
            requeue_job(held, outcome=Attempt.Outcome.DIED)

    def cancel(self, claim):
        if claim:
            with contextlib.suppress(ValidationError):  # it has already ended
                cancel_job(job=claim.job, by=self.by)

    def lose(self, claim):
        if claim:
            TrainingJob.objects.held(claim.job.pk, claim.fence).update(lease_until=Now() - timedelta(seconds=1))

    def sweep(self, _claim):
        sweep()

    def owns(self, claim):
        return TrainingJob.objects.held(claim.job.pk, claim.fence).exists()

    def look(self, _claim):
        """What has ended stays as it ended."""
        for job in TrainingJob.objects.filter(state__in=TERMINAL):
            fact = (job.state, job.finished_at, job.cost_micro, job.charge_id)
            assert self.ended.setdefault(job.pk, fact) == fact


@pytest.mark.usefixtures("hints")
@settings(max_examples=60)
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 7)), min_size=5, max_size=40))
def test_no_order_of_events_breaks_an_invariant(project, engineer, compute_line, steps):
    from django.db import transaction

    with transaction.atomic():
        world = World(project, engineer)
        for step, pick in [("submit", 0), *steps]:
            world.play(step, pick)
        assert find_breaches() == []
        transaction.set_rollback(True)
