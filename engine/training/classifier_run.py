"""One attempt at training a classifier: resume, fit epoch by epoch, checkpoint, and hand the result on."""

import math
import time
from collections.abc import Iterator

from engine.checkpoint import FOLDER
from engine.data.images import ImageDataset
from engine.events import Checkpointed, Event, Logged, Metrics, Progress
from engine.models.specification import ConvNetSpec
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes.image_classifier import ImageClassifier
from engine.training.checkpoints import load_newest, save_checkpoint
from engine.training.device import prepare_torch
from engine.training.fitting import ClassifierFit, evaluate
from engine.training.pace import CHECKPOINTS, EPOCH_REPORTS, STEP_REPORTS, Pace
from engine.training.publishing import publish_classifier


class ClassifierRun:
    """The fit, and what its epochs measured so far."""

    def __init__(
        self,
        recipe: str,
        params: ImageClassifier.Params,
        workspace: Workspace,
        data: ImageDataset,
        spec: ConvNetSpec,
    ) -> None:
        self.recipe, self.params = recipe, params
        self.workspace, self.data, self.spec = workspace, data, spec
        self.history: list[dict[str, float]] = []
        self.fit = ClassifierFit(
            spec,
            data.train,
            batch_size=params.batch_size,
            learning_rate=params.learning_rate,
            seed=params.seed,
            device=prepare_torch(workspace, params.seed),
        )
        self._step_pace, self._epoch_pace, self._save_pace = Pace(STEP_REPORTS), Pace(EPOCH_REPORTS), Pace(CHECKPOINTS)
        self._save_pace.due()  # nothing to save yet
        self._identity = {"params": params.model_dump(), "digest": data.digest}

    def events(self) -> Iterator[Event]:
        """Do the work. Raises `Stopped` at a step boundary, after a checkpoint, when asked to end."""
        yield from self._resume()
        while self.fit.epoch < self.params.epochs:
            yield from self._one_epoch()
        self.workspace.stop_if_requested()
        yield Logged(level="info", message="Testing and exporting the network.")
        yield from publish_classifier(
            self.fit, self.history, self.recipe, self.params, self.workspace, self.data, self.spec
        )

    def _one_epoch(self) -> Iterator[Event]:
        began, reported = time.monotonic(), self.fit.totals
        for rows in self.fit.remaining_batches():
            self.fit.learn(rows)
            if self._step_pace.due():
                totals = self.fit.totals
                yield from self._report(totals.since(reported).means("train"))
                reported = totals
            if self.workspace.stop_requested():
                yield self._save()
                raise Stopped
            if self._save_pace.due():
                yield self._save()
        totals = self.fit.totals
        self.fit.end_epoch()
        values = {**totals.means("train"), **self._validate()}
        self.history.append({"epoch": self.fit.epoch, "seconds": time.monotonic() - began, **values})
        if self._epoch_pace.due() or self.fit.epoch == self.params.epochs:
            window = totals.since(reported)
            yield from self._report({**values, **(window.means("train") if window.rows else {})})
            yield self._save()

    def _validate(self) -> dict[str, float]:
        totals, _ = evaluate(self.fit.model, self.data.validation, self.fit.device)
        return totals.means("validation")

    def _report(self, values: dict[str, float]) -> Iterator[Event]:
        """Progress, and metrics: those of training are means of the steps since the last report."""
        fit = self.fit
        if not all(math.isfinite(value) for value in values.values()):
            raise RecipeError(
                "diverged",
                f"The loss is no longer a number at step {fit.step}: the steps were too long.",
                f"Choose a smaller learning rate than {self.params.learning_rate:g}; 0.001 is usual.",
            )
        steps = self.params.epochs * fit.batches_per_epoch
        yield Progress(step=fit.step, steps=steps, epoch=fit.epochs_done, epochs=self.params.epochs)
        yield Metrics(step=fit.step, epoch=fit.epochs_done, values=values)

    def _save(self) -> Checkpointed:
        state = self.fit.checkpoint(self._identity, self.history)
        path = save_checkpoint(self.workspace.root / FOLDER, self.fit.step, state)
        relative = path.relative_to(self.workspace.root).as_posix()
        return Checkpointed(path=relative, step=self.fit.step, epoch=self.fit.epochs_done)

    def _resume(self) -> Iterator[Event]:
        if self.workspace.checkpoint is None:
            return
        saved, complaints = load_newest(self.workspace.checkpoint)
        for complaint in complaints:
            yield Logged(level="warning", message=complaint)
        if saved is None:
            yield Logged(level="warning", message="No usable checkpoint was found; starting from the beginning.")
            return
        if saved.counters["identity"] != self._identity:
            raise RecipeError(
                "foreign_checkpoint",
                "The checkpoint belongs to a run with other parameters or other data.",
                "Start the job without a checkpoint.",
            )
        self.fit.restore(saved)
        self.history = saved.counters["history"]
        yield Logged(level="info", message=f"Resumed at step {self.fit.step}.")
