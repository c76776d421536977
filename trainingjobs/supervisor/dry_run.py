"""Run a real trainer for a few steps with a watch in hand. It earns no model and no charge, and leaves nothing."""

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from engine.events import Failed, Finished, Progress, Started, decode
from engine.recipe import Recipe
from trainingjobs.folders import dry_runs_folder
from trainingjobs.logs import AttemptLog
from trainingjobs.models import StepTiming
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.loop import threads_of
from trainingjobs.supervisor.meter import Meter
from trainingjobs.supervisor.trainer import Trainer
from trainingjobs.supervisor.verdict import cause_of, last_lines

WINDOW_S, SHORTEST_S, ENOUGH_REPORTS = 8.0, 3.0, 12  # after the first step
START_S, GRACE_S = 40.0, 3.0  # until the first step; and until a trainer that was asked to end is killed
TICK_S = 0.1


class NotTimed(Exception):
    """The steps could not be timed; the text says why and what would help."""


@dataclass(frozen=True)
class Timing:
    """The fields of a StepTiming that a measurement fills."""

    startup_s: float
    step_s: float
    steps: int
    timed_steps: int
    cpu_core_seconds: float
    gib: float


@dataclass
class Watch:
    """What was seen, in seconds since the start of the trainer."""

    steps: int = 0
    seen: list[tuple[float, int]] = field(default_factory=list)  # (seconds, step)
    finished: bool = False
    failed: Failed | None = None

    def take(self, line: str, at: float) -> None:
        try:
            event = decode(line)
        except ValueError:
            return
        if isinstance(event, Started):
            self.steps = event.steps
        elif isinstance(event, Progress) and event.step > 0:
            self.steps = event.steps
            self.seen.append((at, event.step))
        elif isinstance(event, Finished):
            self.finished = True
        elif isinstance(event, Failed):
            self.failed = event

    def has_enough(self, now: float) -> bool:
        if not self.seen:
            return now > START_S
        since = now - self.seen[0][0]
        return since > WINDOW_S or (since > SHORTEST_S and len(self.seen) >= ENOUGH_REPORTS)

    def timing(self, ended_at: float, cpu_core_seconds: float, gib: float) -> Timing:
        """The pace between the first and the last report. One report alone says only that a step is not longer."""
        if not self.seen or not self.steps:
            raise NotTimed(
                _("The trainer did not reach its first step within %(seconds)s s. Submit the job as it is.")
                % {"seconds": round(START_S)}
            )
        (first_s, first), (last_s, last) = self.seen[0], self.seen[-1]
        step_s = (last_s - first_s) / (last - first) if last > first else 0.0
        if self.finished:
            return Timing(
                max(0.0, ended_at - self.steps * step_s), step_s, self.steps, self.steps, cpu_core_seconds, gib
            )
        if last == first:
            step_s = (ended_at - first_s) or first_s
        return Timing(max(0.0, first_s - first * step_s), step_s, self.steps, last, cpu_core_seconds, gib)


def time_trainer(timing: StepTiming, recipe: Recipe) -> Timing:
    """Start the trainer, watch its steps, stop it. Raises `NotTimed`, or `FileExistsError` when another is at it."""
    folder = dry_runs_folder() / str(timing.pk)
    folder.mkdir(parents=True)
    log = AttemptLog(folder)
    try:
        return _watch(timing, recipe, folder, log)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _watch(timing: StepTiming, recipe: Recipe, folder: Path, log: AttemptLog) -> Timing:
    began = time.monotonic()
    trainer = Trainer(job_id=timing.pk, fence=0, spec=_spec(timing, recipe, folder), folder=folder, log=log)
    meter, watch = Meter(trainer.pid, recipe.gpus), Watch()
    stop_at, gib_seconds, ended_at = 0.0, 0.0, 0.0
    try:
        while not trainer.has_exited():
            for line in trainer.read(TICK_S):
                watch.take(line, time.monotonic() - began)
            now = time.monotonic() - began
            gib_seconds = meter.sample().gib_seconds
            if not stop_at and (watch.has_enough(now) or shutdown.requested()):
                trainer.terminate()
                stop_at, ended_at = now, now
            if stop_at and now > stop_at + GRACE_S:
                trainer.kill()
        ended_at = ended_at or time.monotonic() - began
    finally:
        trainer.kill()
        for line in trainer.clear_away():
            watch.take(line, ended_at)
    if watch.failed:
        raise NotTimed(f"{watch.failed.message} {watch.failed.mend}")
    if not stop_at and not watch.finished:
        raise NotTimed(
            _("The trainer died by %(cause)s before it had shown its pace.\n%(log)s")
            % {"cause": cause_of(trainer.exit_code or 0), "log": last_lines(folder)}
        )
    if shutdown.requested():
        raise NotTimed(_("The worker was asked to end while it timed the steps. Ask again."))
    lasted = time.monotonic() - began
    return watch.timing(ended_at, meter.close(trainer.cpu_seconds).cpu_core_seconds, gib_seconds / lasted)


def _spec(timing: StepTiming, recipe: Recipe, folder: Path) -> dict[str, Any]:
    return {
        "recipe": timing.recipe,
        "params": timing.params,
        "root": str(folder),
        "datasets": str(settings.DATASETS_DIR),
        "parent": str(Path(settings.JOBS_DIR) / timing.parent.path) if timing.parent else None,
        "checkpoint": None,
        "threads": threads_of(recipe.cores),
        "device": recipe.device,
        "parent_pid": os.getpid(),
    }
