"""One function a guard: calling it takes the guard away from this process."""

import os
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
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


def no_death_signal() -> None:
    """A trainer does not notice that its supervisor has died."""
    _start_trainers_as("no_death_signal")


def no_checkpoint_fallback() -> None:
    """A trainer that finds the newest checkpoint damaged begins anew."""
    _start_trainers_as("no_checkpoint_fallback")


def _start_trainers_as(mutant: str) -> None:
    from trainingjobs.supervisor import trainer

    script = str(Path(__file__).with_name("trainer.py"))
    trainer.COMMAND = (sys.executable, "-P", script, mutant, "engine", "run")


def one_checkpoint() -> None:
    """The next attempt is handed the newest checkpoint and none to fall back on."""
    from trainingjobs import folders

    folders.KEPT = 1


def no_subreaper() -> None:
    """What a trainer orphans goes to whoever adopts it."""
    from trainingjobs.supervisor import trainer

    trainer.become_subreaper = lambda: None


def no_start_time() -> None:
    """Whoever has the pid of a trainer is the trainer."""
    from trainingjobs.supervisor import strays

    strays.SAME_START_S = float("inf")


def no_deadline() -> None:
    """Nobody looks at the clock."""
    from trainingjobs.supervisor.deadline import Deadline

    Deadline._watch = lambda self: None


def no_budget_stop() -> None:
    """A job that runs may cost whatever it costs."""
    from trainingjobs.services import fold

    fold.keeps_within_budget = lambda claim, cost_micro: True


def no_floor_for_submissions() -> None:
    """Jobs are accepted for a disk that is full."""
    submit: Any = import_module("trainingjobs.services.submit")
    submit.demand_disk_room = lambda: None


def no_floor_for_claims() -> None:
    """Jobs are started on a disk that is full."""
    run: Any = import_module("trainingjobs.services.run")
    run.has_disk_room = lambda: True


def no_floor_for_checkpoints() -> None:
    """A trainer writes until the last byte of the disk is taken."""
    from engine import durable

    durable.ensure_room = lambda folder: None


def no_outbox() -> None:
    """What is to leave the database leaves at once, whether or not its transaction comes to an end."""
    from people import outbox

    outbox.post = lambda *, topic, payload, pause=None: outbox.TOPICS[topic](payload)


def in_hands_for_ever() -> None:
    """A message is left to whoever took it first."""
    from people import outbox

    outbox.LEASES_IN_HANDS = 10**6


def no_approval_digest() -> None:
    """An approval is given for a job, whatever becomes of it."""
    approval: Any = import_module("trainingjobs.services.approval")
    approval.digest_of = lambda job: "whatever"
