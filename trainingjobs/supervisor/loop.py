"""The supervision of one attempt: a loop that reads, folds, beats and stops, then one decision."""

import contextlib
import logging
import math
import os
import time
from pathlib import Path
from typing import Any, Literal

import psutil
from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from engine.durable import as_disk_full
from engine.events import Event, Failed, Finished, Metrics, decode
from engine.failpoint import reach
from engine.recipes import get_recipe
from finance.services.rates import Usage
from trainingjobs.folders import attempt_folder, gather_checkpoints
from trainingjobs.logs import AttemptLog
from trainingjobs.models import Attempt, JobState, PauseReason, TrainingJob
from trainingjobs.services.claim import Claim
from trainingjobs.services.finish import Ending, finish_job, requeue_job
from trainingjobs.services.fold import Watch, fold_events
from trainingjobs.services.pause import hold_job
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.deadline import Deadline
from trainingjobs.supervisor.live import LiveTracker
from trainingjobs.supervisor.meter import Meter
from trainingjobs.supervisor.trainer import Trainer
from trainingjobs.supervisor.verdict import (
    judge_deadline,
    judge_failure,
    judge_poison,
    judge_result,
    judge_silence,
)

FOLD_S, TICK_S = 1.0, 0.25
BITE_S = 3.0  # the most that a trainer may take over its last checkpoint when its time or its money is used up
Reason = Literal["cancelled", "released", "lost", "paused", "deadline", "budget"]
GRAVITY: tuple[Reason, ...] = ("released", "paused", "budget", "deadline", "cancelled", "lost")
logger = logging.getLogger(__name__)


class Supervision:
    """One claimed attempt from the start of its trainer to its end."""

    def __init__(self, claim: Claim) -> None:
        self.claim, self.job = claim, claim.job
        self.recipe = get_recipe(claim.job.recipe)
        self.folder = attempt_folder(claim.job.pk, claim.fence)
        self.tracker = LiveTracker()
        self.pending: list[Event] = []
        self.verdict: Finished | Failed | None = None
        self.reason: Reason | None = None
        self.kill_at = 0.0
        self.began_at = self.folded_at = self.beat_at = time.monotonic()

    def run(self) -> None:
        """See the attempt through. Raises `RecipeError` "disk_full" when the disk took no more."""
        try:
            self.log = AttemptLog(self.folder)
            self._supervise()
        except OSError as error:
            raise as_disk_full(error, self.folder) from error

    def _supervise(self) -> None:
        self.trainer = self._start()
        reach("trainer.started")
        self.meter = Meter(self.trainer.pid, self.recipe.gpus)
        try:
            while not self.trainer.has_exited():
                self._take(self.trainer.read(TICK_S))
                self._tick(time.monotonic())
        finally:
            self.deadline.close()
            self.trainer.kill()
            self._take(self.trainer.clear_away())
        self._conclude()

    # The start

    def _start(self) -> Trainer:
        trainer = Trainer(
            job_id=self.job.pk, fence=self.claim.fence, spec=self._spec(), folder=self.folder, log=self.log
        )
        self.deadline = Deadline(trainer, self._limit_at(), _patience("deadline"))
        with contextlib.suppress(psutil.Error):
            started = psutil.Process(trainer.pid).create_time()
            Attempt.objects.filter(job=self.job.pk, fence=self.claim.fence).update(
                pid=trainer.pid, pid_started=started, is_warm=trainer.is_warm
            )
        return trainer

    def _limit_at(self) -> float:
        """When its time is used up, on the monotonic clock: it runs since it was claimed."""
        if self.job.time_limit_s is None:
            return math.inf
        ran_s = max(0.0, (timezone.now() - self.claim.claimed_at).total_seconds()) + self.claim.ran_before_s
        return time.monotonic() + self.job.time_limit_s - ran_s

    def _spec(self) -> dict[str, Any]:
        jobs = Path(settings.JOBS_DIR)
        resume = gather_checkpoints(self.job.pk, self.claim.fence)
        return {
            "recipe": self.job.recipe,
            "params": self.job.params,
            "root": str(self.folder),
            "datasets": str(settings.DATASETS_DIR),
            "parent": str(jobs / self.job.parent.path) if self.job.parent else None,
            "checkpoint": str(resume) if resume else None,
            "threads": threads_of(self.recipe.cores),
            "device": self.recipe.device,
            "parent_pid": os.getpid(),
        }

    # The loop

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            try:
                event = decode(line)
            except ValueError as error:
                self.log.write(f"not an event: {error}")
                continue
            if isinstance(event, Finished | Failed):
                self.verdict = event
            self.pending.append(event)

    def _tick(self, now: float) -> None:
        if self.deadline.has_passed:
            self._stop("deadline", now)
        is_first = self.folded_at == self.began_at and self.pending  # a sign of life is shown at once
        if now - self.folded_at >= FOLD_S or is_first:
            self._fold(now)
            self.log.trim()
        if now - self.beat_at >= settings.HEARTBEAT_S:
            self.beat_at = now
            self._sweep()
        if shutdown.requested():
            self._stop("released", now)
        if self.reason and now >= self.kill_at:
            self.trainer.kill()

    def _fold(self, now: float) -> None:
        """Fold what came since the last time; a claim that is stale, or cannot be renewed in time, ends the trainer."""
        events = self.pending
        try:
            watch = self._write(events, self.meter.sample())
        except Error as error:
            logger.warning("Job %s: the database did not take the heartbeat: %s", self.job.pk, error)
            connection.close()
            if now - self.folded_at > settings.LEASE_S:
                self._stop("lost", now)
            return
        self.pending, self.folded_at = [], now
        if watch is None:
            self._stop("lost", now)
        elif watch.cancel_requested:
            self._stop("cancelled", now)
        else:
            self._track(events)
            if watch.pause_requested:
                self._stop("paused", now)
            elif watch.out_of_money:
                self._stop("budget", now)

    def _write(self, events: list[Event], usage: Usage) -> Watch | None:
        return fold_events(claim=self.claim, events=events, usage=usage, mlflow_run_id=self.tracker.mlflow_run_id)

    def _track(self, events: list[Event]) -> None:
        """Points go to MLflow only after the database has taken them under our fence."""
        if events and not self.tracker.has_begun:
            self.tracker.begin(self.job)
        self.tracker.add([event for event in events if isinstance(event, Metrics)])

    def _sweep(self) -> None:
        """A worker whose slots are all busy still looks after the others: the beat's message would wait behind us."""
        from trainingjobs.services.sweep import sweep

        try:
            sweep()
        except Error as error:
            connection.close()
            logger.warning("The sweep was skipped: %s", error)

    def _stop(self, reason: Reason, now: float) -> None:
        """Ask the trainer to end, for the gravest reason that has come up; it is killed when it takes too long."""
        if self.reason and GRAVITY.index(reason) <= GRAVITY.index(self.reason):
            return
        self.kill_at = min(self.kill_at if self.reason else math.inf, now + _patience(reason))
        self.reason = reason
        if reason != "lost":
            self.trainer.terminate()

    # The end

    def _conclude(self) -> None:
        """Say how it ended, under the fence. When the database stays away for a lease, the sweep will."""
        self.meter.close(self.trainer.cpu_seconds)
        if self.reason != "lost":
            self._insist(self._decide)
        self.tracker.close()
        self.log.close()

    def _decide(self) -> None:
        watch = self._write(self.pending, self.meter.usage)
        if watch is None:
            return
        self._track(self.pending)
        self.pending = []
        exit_code = self.trainer.exit_code
        assert exit_code is not None  # noqa: S101 the loop ended because it exited
        if isinstance(self.verdict, Finished):
            self._finish(judge_result(self.verdict, self.folder))
        elif isinstance(self.verdict, Failed):
            self._finish(judge_failure(self.verdict, self.folder))
        elif self.reason == "cancelled" or watch.cancel_requested:
            self._finish(Ending(JobState.CANCELLED))
        elif self.reason == "deadline" or self.deadline.has_passed:
            self._finish(judge_deadline(TrainingJob.objects.get(pk=self.job.pk)))
        elif self.reason == "budget":
            self._hold(PauseReason.BUDGET)
        elif self.reason == "paused" or watch.pause_requested:
            self._hold(PauseReason.ASKED)
        elif self.reason == "released":
            self._requeue(Attempt.Outcome.RELEASED)
        elif exit_code == 0:
            self._finish(judge_silence(self.folder))
        else:
            self._decide_death(exit_code)

    def _decide_death(self, exit_code: int) -> None:
        deaths = TrainingJob.objects.values_list("trainer_deaths", flat=True).get(pk=self.job.pk) + 1
        if deaths >= settings.MAX_ATTEMPTS:
            self._finish(judge_poison(deaths, exit_code, self.folder))
        else:
            self._requeue(Attempt.Outcome.DIED, trainer_deaths=F("trainer_deaths") + 1)

    def _finish(self, ending: Ending) -> None:
        finish_job(claim=self.claim, ending=ending, exit_code=self.trainer.exit_code)

    def _hold(self, reason: PauseReason) -> None:
        held = TrainingJob.objects.held(self.job.pk, self.claim.fence)
        hold_job(held, reason=reason, outcome=Attempt.Outcome.PAUSED, exit_code=self.trainer.exit_code)

    def _requeue(self, outcome: Attempt.Outcome, **counted: Any) -> None:
        held = TrainingJob.objects.held(self.job.pk, self.claim.fence)
        requeue_job(held, outcome=outcome, exit_code=self.trainer.exit_code, **counted)

    def _insist(self, decide: Any) -> None:
        """Try again while the lease may still be ours."""
        while True:
            try:
                return decide()
            except Error as error:
                logger.warning("Job %s: the database did not take the end: %s", self.job.pk, error)
                connection.close()
                if time.monotonic() - self.folded_at > settings.LEASE_S:
                    return None
                time.sleep(1)


def _patience(reason: Reason) -> float:
    """How long a trainer may take over its end before it is killed."""
    if reason == "lost":
        return 0.0
    return min(settings.GRACE_S, BITE_S) if reason in {"deadline", "budget"} else settings.GRACE_S


def threads_of(cores: int) -> int:
    """The threads of a trainer: what its recipe declares (and was priced for), within its share of this machine."""
    return max(1, min(cores, len(os.sched_getaffinity(0)) // settings.WORKER_SLOTS))
