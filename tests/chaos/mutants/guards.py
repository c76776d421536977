"""One function a guard: calling it takes the guard away from this process."""

import os
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.db.models import F
from django.db.models.functions import Now


def no_fence() -> None:
    """Whoever has once owned a running job goes on owning it."""
    from trainingjobs.querysets import TrainingJobQuerySet

    TrainingJobQuerySet.held = lambda self, job_id, fence: self.filter(pk=job_id, state="running")


def endless_lease() -> None:
    """A claim is never late."""
    from trainingjobs.services import claim, fold

    def never_ends(seconds: float) -> Any:
        return Now() + timedelta(days=3650)

    claim.lease_end = fold.lease_end = never_ends


def no_reaper() -> None:
    """Nobody takes back what a lost worker held."""
    from trainingjobs.querysets import TrainingJobQuerySet

    TrainingJobQuerySet.with_lost_lease = lambda self: self.none()


def no_second_hint() -> None:
    """A message that is lost is not sent again."""
    sweep: Any = import_module("trainingjobs.services.sweep")  # the package has a verb of that name too
    sweep._hint_waiting = lambda now: None


def hint_before_commit() -> None:
    """The message goes out while the row is not there yet."""
    from trainingjobs.services import finish, hint, submit

    for module in (submit, finish, hint):
        if hasattr(module, "hint_after_commit"):
            module.hint_after_commit = hint.hint


def pid_alone() -> None:
    """Stop the trainer and nobody else."""
    from trainingjobs.supervisor import strays, trainer

    def kill_one(pid: int, number: Any) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    trainer.kill_group = strays.kill_group = kill_one
    no_stray_sweep()


def no_stray_sweep() -> None:
    """What has left the group of the trainer is not looked for."""
    from trainingjobs.supervisor import strays, trainer

    trainer.kill_strays = strays.kill_strays = lambda *_, **__: None


def no_poison_count() -> None:
    """A trainer that dies is tried again for ever."""
    from trainingjobs.models import Attempt
    from trainingjobs.supervisor.loop import Supervision

    def again(self: Any, exit_code: int) -> None:
        self._requeue(Attempt.Outcome.DIED, trainer_deaths=F("trainer_deaths") + 1)

    Supervision._decide_death = again


def no_rename() -> None:
    """Checkpoints are written where they are read."""
    from engine import checkpoint, failpoint

    @contextmanager
    def in_place(target: Any, *, point: str) -> Any:
        target.mkdir(parents=True)
        yield target
        failpoint.reach(f"{point}.before_rename")

    checkpoint.durable_folder = in_place
