"""The curves of one run as cards: what the chart shows, and the sentence that says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from engine.recipes import RECIPES
from experiments.models import MetricSeries, Run
from experiments.series import sampled
from portal.boards.charts.run import Curve, Curves, Mark, curves, layout
from portal.wording import number
from trainingjobs.models import TrainingJob

SHOWN = 500  # points of a curve on the first paint; what comes after is appended
ROWS = 12  # of the table beside a chart
TRACE = 0.01  # of the range: a smaller gain is none


@dataclass(frozen=True)
class Quantity:
    """Something measured on training and validation rows."""

    slug: str
    training: str
    validation: str
    higher_is_better: bool
    digits: int


ACCURACY = Quantity("accuracy", "train_accuracy", "validation_accuracy", True, 3)
LOSS = Quantity("loss", "train_loss", "validation_loss", False, 3)


@dataclass(frozen=True)
class CurveCard:
    """One chart: its finding, how to read it, the drawing, and the same numbers as a table."""

    slug: str
    finding: str
    reading: str
    data: Curves
    counts: dict[str, int]  # points of each curve that this card was made of

    @property
    def id(self) -> str:
        return f"fig-{self.slug}"

    @property
    def is_empty(self) -> bool:
        return not self.data.training.values and not self.data.validation.values

    @property
    def figure(self) -> go.Figure:
        return curves(self.data)

    @property
    def layout(self) -> dict[str, Any]:
        return layout(self.data)

    @property
    def alt(self) -> str:
        last = self.data.validation.values[-1:] or self.data.training.values[-1:]
        return f"{self.finding}. {_('Last value')} {number(last[0], self.data.digits + 1)}" if last else self.finding

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Epoch, training, validation at evenly chosen epochs: the chart as text."""
        points = list(zip(self.data.validation.epochs, self.data.validation.values, strict=True))
        chosen = (
            points
            if len(points) <= ROWS
            else [points[round(index * (len(points) - 1) / (ROWS - 1))] for index in range(ROWS)]
        )
        digits = self.data.digits + 1
        return [
            (number(epoch), number(_at(self.data.training, epoch), digits), number(value, digits))
            for epoch, value in chosen
        ]


def curve_cards(job: TrainingJob, best: Run | None) -> list[CurveCard]:
    """The charts of a job: accuracy where its recipe measures one, and loss. None for a recipe that does not learn."""
    quantities = _quantities(job)
    names = [name for quantity in quantities for name in (quantity.training, quantity.validation)]
    known = (
        {series.name: series for series in MetricSeries.objects.filter(run=job.run_id, name__in=names)}
        if job.run_id
        else {}
    )
    return [_card(job, quantity, known, best) for quantity in quantities]


def _quantities(job: TrainingJob) -> list[Quantity]:
    recipe = RECIPES.get(job.recipe)
    if recipe is None or recipe.family != "training":
        return []
    return [ACCURACY, LOSS] if recipe.objective.metric.endswith("accuracy") else [LOSS]


def _card(job: TrainingJob, quantity: Quantity, known: dict[str, MetricSeries], best: Run | None) -> CurveCard:
    training, validation = (_curve(name, known) for name in (quantity.training, quantity.validation))
    ended = job.status.is_terminal
    level = best.metrics.get(quantity.validation) if best else None
    data = Curves(
        training=training,
        validation=validation,
        epochs=job.epochs or _planned_epochs(job),
        digits=quantity.digits,
        falls=not quantity.higher_is_better,
        now=None if ended else job.epoch,
        best=Mark(best.name, level) if best and level is not None else None,
        training_label=_("Training"),
        validation_label=_("Validation"),
        now_label=_("now"),
        epoch_label=_("Epoch"),
    )
    reading = _("Share of pictures told right") if quantity is ACCURACY else _("Lower is better")
    if data.best:
        reading += _(". Dotted: %(name)s, %(value)s") % {
            "name": data.best.label,
            "value": number(data.best.value, quantity.digits),
        }
    counts = {name: known[name].count for name in (quantity.training, quantity.validation) if name in known}
    return CurveCard(quantity.slug, finding(quantity, validation, training, ended), reading, data, counts)


def _curve(name: str, known: dict[str, MetricSeries]) -> Curve:
    series = known.get(name)
    if series is None:
        return Curve(name)
    epochs, values = sampled(series, SHOWN)
    return Curve(name, [round(epoch, 4) for epoch in epochs], values)


def _planned_epochs(job: TrainingJob) -> int:
    epochs = job.params.get("epochs", 1)
    return epochs if isinstance(epochs, int) and epochs > 0 else 1


def finding(quantity: Quantity, validation: Curve, training: Curve, ended: bool) -> str:
    """What the curve says, in one sentence without a full stop."""
    if not validation.values:
        name = _("Accuracy") if quantity.higher_is_better else _("Loss")
        return (_("%(name)s: no epoch was finished") if ended else _("%(name)s appears with the first epoch")) % {
            "name": name
        }
    return (
        _accuracy_finding(quantity, validation.values, ended)
        if quantity.higher_is_better
        else _loss_finding(validation, training, ended)
    )


def _accuracy_finding(quantity: Quantity, values: Sequence[float], ended: bool) -> str:
    last, best = values[-1], max(values)
    words = {"last": number(last, quantity.digits), "best": number(best, quantity.digits)}
    if ended:
        if last == best:
            return _("Validation accuracy ended at its best, %(last)s") % words
        return _("Validation accuracy ended at %(last)s, its best was %(best)s") % words
    if len(values) == 1:
        return _("Validation accuracy begins at %(last)s") % words
    if _still_gains(values):
        return _("Validation accuracy is still rising")
    return _("Validation accuracy has levelled off around %(mean)s") % {
        "mean": number(fmean(_recent(values)), quantity.digits)
    }


def _loss_finding(validation: Curve, training: Curve, ended: bool) -> str:
    values, lowest = validation.values, _best_index(validation.values, min)
    turned = len(values) - 1 - lowest >= max(3, len(values) // 8) and values[-1] > min(values) * 1.05
    if turned and training.values and training.values[-1] < values[-1]:
        return _("Loss: overfitting since epoch %(epoch)s") % {"epoch": number(round(validation.epochs[lowest]))}
    if not ended and len(values) > 1 and _still_gains([-value for value in values]):
        return _("Loss is still falling, no sign of overfitting")
    return _("Loss: no sign of overfitting") if ended else _("Loss: no sign of overfitting yet")


def _best_index(values: Sequence[float], best: Any) -> int:
    return values.index(best(values))


def _recent(values: Sequence[float]) -> Sequence[float]:
    """The last third of a curve, three points at least."""
    return values[-max(3, len(values) // 3) :]


def _still_gains(values: Sequence[float]) -> bool:
    """Whether the last third is better than all before it by more than a trace of the whole range."""
    earlier = values[: -len(_recent(values))]
    return not earlier or max(_recent(values)) > max(earlier) + TRACE * (max(values) - min(values))


def _at(curve: Curve, epoch: float) -> float | None:
    """The last value of a curve up to an epoch."""
    before = [value for at, value in zip(curve.epochs, curve.values, strict=True) if at <= epoch + 1e-6]
    return before[-1] if before else None
