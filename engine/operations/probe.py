"""The recipe probe at work: steps that take time, counted on disk, with an end as told."""

import hashlib
import os
import signal
import time
import zlib
from collections.abc import Iterator
from typing import Any

from engine.checkpoint import FOLDER, read_newest, write_checkpoint
from engine.environment import library_versions
from engine.events import Checkpointed, Event, Finished, Logged, Metrics, Progress, Started
from engine.operations.holdings import Holdings
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes.probe import Probe
from engine.training.pace import Pace

STEPS = "steps.txt"  # one line a step, in the order in which they were done
REPORTS, SLICE = 0.1, 0.02  # seconds between reports; between two looks at whether to stop
NO_DATA = {"name": "No data", "version": "", "digest": hashlib.sha256().hexdigest(), "rows": 0, "splits": {}}


def probe(params: Probe.Params, workspace: Workspace) -> Iterator[Event]:
    """The whole run. Raises `RecipeError`, or `Stopped` after a checkpoint; or ends as `exit_mode` says."""
    if params.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield Started(
        steps=params.steps,
        epochs=1,
        dataset=NO_DATA,
        parameter_count=0,
        device=workspace.device,
        threads=workspace.threads,
        versions=library_versions(),
    )
    with Holdings(params):
        yield from ProbeRun(params, workspace).events()


class ProbeRun:
    """One attempt: which step it is at, and at which it began."""

    def __init__(self, params: Probe.Params, workspace: Workspace) -> None:
        self.params, self.workspace = params, workspace
        self.step = self.resumed_at = self._saved = 0
        self._pace = Pace(REPORTS)
        workspace.root.mkdir(parents=True, exist_ok=True)

    def events(self) -> Iterator[Event]:
        yield from self._resume()
        last = self.params.steps if self.params.exit_mode == "finish" else int(self.params.exit_at * self.params.steps)
        while self.step < last:
            yield from self._one_step()
        if self.params.exit_mode != "finish":
            self._end_badly()
            return
        metrics = {"steps_run": float(self.step - self.resumed_at), "resumed_at": float(self.resumed_at)}
        yield Finished(metrics=metrics, artifact="", report={})

    def _one_step(self) -> Iterator[Event]:
        if not self._spend(self.params.seconds / self.params.steps):
            if self.params.checkpoint_every and self._saved < self.step:
                yield self._save()
            raise Stopped
        self.step += 1
        with (self.workspace.root / STEPS).open("a") as done:
            done.write(f"{self.step}\n")
        if self._pace.due() or self.step == self.params.steps:
            share = self.step / self.params.steps
            yield Progress(step=self.step, steps=self.params.steps, epoch=share, epochs=1)
            yield Metrics(step=self.step, epoch=share, values={"probe": self._value()})
        if self.params.checkpoint_every and self.step % self.params.checkpoint_every == 0:
            yield self._save()

    def _spend(self, seconds: float) -> bool:
        """Sleep or burn that long; False as soon as somebody asks the run to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.workspace.stop_requested():
            if not self.params.cpu:
                time.sleep(min(left, SLICE))
        return not self.workspace.stop_requested()

    def _value(self) -> float:
        """A number from 0 to 1 that the seed and the step alone decide."""
        return zlib.crc32(f"{self.params.seed}:{self.step}".encode()) / 2**32

    def _end_badly(self) -> None:
        match self.params.exit_mode:
            case "fail":
                raise RecipeError("probe_failed", "The probe failed because it was told to.", "Choose another end.")
            case "crash":
                raise RuntimeError("the probe crashed because it was told to")
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                while True:
                    time.sleep(1)

    def _save(self) -> Checkpointed:
        counters = {"identity": self.params.model_dump(), "step": self.step}
        path = write_checkpoint(self.workspace.root / FOLDER, self.step, counters)
        self._saved = self.step
        relative = path.relative_to(self.workspace.root).as_posix()
        return Checkpointed(path=relative, step=self.step, epoch=self.step / self.params.steps)

    def _resume(self) -> Iterator[Event]:
        if self.workspace.checkpoint is None:
            return
        saved, complaints = read_newest(self.workspace.checkpoint, _counters)
        for complaint in complaints:
            yield Logged(level="warning", message=complaint)
        if saved is None:
            yield Logged(level="warning", message="No usable checkpoint was found; starting from the beginning.")
            return
        if saved["identity"] != self.params.model_dump():
            raise RecipeError(
                "foreign_checkpoint",
                "The checkpoint belongs to a run with other parameters.",
                "Start the job without a checkpoint.",
            )
        self.step = self.resumed_at = self._saved = int(saved["step"])
        yield Logged(level="info", message=f"Resumed at step {self.step}.")


def _counters(counters: dict[str, Any], _tensors: bytes) -> dict[str, Any]:
    return {"identity": counters["identity"], "step": counters["step"]}
