"""Curves of one run: is it learning? A pure function from points to a figure; colours are names of tokens."""

from dataclasses import dataclass, field

import plotly.graph_objects as go

LEFT, RIGHT = "left", "right"
LINE_PX, HEIGHT_PX = 14, 190  # of a label, and of the plot on a page, near enough to keep labels apart
POINTED = 30  # epochs up to which every one is a point
EARLY = 0.66  # share of the epochs up to which the future is wide enough to write in


@dataclass(frozen=True)
class Curve:
    """Points of one metric by epoch; `name` is the metric, so that the browser knows which deltas extend it."""

    name: str
    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    """A level to compare with, such as the best run before."""

    label: str
    value: float


@dataclass(frozen=True)
class Curves:
    """Training and validation of one quantity; `now` is the epoch a run has come to, None once it has ended."""

    training: Curve
    validation: Curve
    epochs: int
    digits: int = 3
    falls: bool = False  # lower is better: the curve ends low, so the word for the present stands at the top
    now: float | None = None
    best: Mark | None = None
    training_label: str = "Training"
    validation_label: str = "Validation"
    now_label: str = "now"
    epoch_label: str = "Epoch"


def curves(data: Curves) -> go.Figure:
    """Training thin, validation in ink with points, the present in the line's colour, the future shaded."""
    figure = go.Figure(layout=layout(data))
    pointed = data.epochs <= POINTED
    figure.add_scatter(
        x=data.training.epochs,
        y=data.training.values,
        mode="lines",
        name=data.training_label,
        meta={"series": data.training.name},
        line={"color": "var(--stage-3)", "width": 1.5},
        hovertemplate=f"%{{y:.{data.digits}f}}<extra>{data.training_label}</extra>",
    )
    figure.add_scatter(
        x=data.validation.epochs,
        y=data.validation.values,
        mode="lines+markers" if pointed else "lines",
        name=data.validation_label,
        meta={"series": data.validation.name},
        line={"color": "var(--ink)", "width": 2.5},
        marker={"size": 7, "color": "var(--ink)", "line": {"color": "var(--surface)", "width": 1.5}},
        hovertemplate=f"%{{y:.{data.digits + 1}f}}<extra>{data.validation_label}</extra>",
    )
    return figure


def layout(data: Curves) -> dict:
    """Axes, marks and labels: all that changes while points arrive, so the browser only appends and lays out."""
    low, high = _window(data)
    return {
        "template": {},  # the browser's own template dresses every figure
        "margin": {"l": 44, "r": 78, "t": 14, "b": 36},
        "xaxis": {"range": [0, data.epochs], "title": {"text": data.epoch_label}, "nticks": 9},
        "yaxis": {"range": [low, high], "nticks": 5},
        "shapes": _shapes(data),
        "annotations": _labels(data, low, high),
    }


def _window(data: Curves) -> tuple[float, float]:
    """Limits of the value axis: the wild first points of a run may leave the frame, the rest never does."""
    settled = sorted(
        value for curve in (data.training, data.validation) for value in curve.values[len(curve.values) // 12 :]
    ) + ([data.best.value] if data.best else [])
    if not settled:
        return 0.0, 1.0
    low, high = min(settled), max(settled)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 0.05
    top = high + room
    return low - room, top if data.falls or high > 1 else min(top, 1 + room / 4)  # a share never passes one


def _shapes(data: Curves) -> list[dict]:
    shapes = []
    if data.now is not None:
        shapes.append(
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": data.now,
                "x1": data.epochs,
                "y0": 0,
                "y1": 1,
                "fillcolor": "var(--sunken)",
                "line": {"width": 0},
                "layer": "below",
            }
        )
        shapes.append(
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": data.now,
                "x1": data.now,
                "y0": 0,
                "y1": 1,
                "line": {"color": "var(--line)", "width": 1.5},
            }
        )
    if data.best:
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": data.best.value,
                "y1": data.best.value,
                "line": {"color": "var(--field)", "width": 1, "dash": "dot"},
            }
        )
    return shapes


def _labels(data: Curves, low: float, high: float) -> list[dict]:
    """Labels stand behind the last points, in the future or in the margin, so that no curve runs through them."""
    ends = sorted(
        (curve for curve in (data.training, data.validation) if curve.values), key=lambda curve: curve.values[-1]
    )
    shares = [(curve.values[-1] - low) / (high - low) for curve in ends]
    labels = [_at_end(data, curve, shift) for curve, shift in zip(ends, _shifts(shares), strict=True)]
    if data.best and _has_room(data, (data.best.value - low) / (high - low), shares):
        labels.append(
            _text(
                f"{data.best.label} {data.best.value:.{data.digits}f}",
                1,
                data.best.value,
                "var(--ink-3)",
                xref="paper",
                xanchor=RIGHT,
                yshift=-9,
                name="best",
            )
        )
    if data.now is not None:
        labels.append(
            _text(
                data.now_label,
                data.now,
                1 if data.falls else 0,
                "var(--line-ink)",
                xanchor=RIGHT if data.now > data.epochs * 0.15 else LEFT,
                xshift=-4 if data.now > data.epochs * 0.15 else 4,
                yref="paper",
                yanchor="top" if data.falls else "bottom",
                name="now",
            )
        )
    return labels


def _shifts(shares: list[float]) -> list[int]:
    """Pixels that each label moves up (or, negative, down) to clear the other one, the lower curve first."""
    if len(shares) < 2:
        return [0] * len(shares)
    wanted = round(1.7 * LINE_PX)  # one of the two has two lines
    missing = max(0, wanted - round((shares[1] - shares[0]) * HEIGHT_PX))
    down = min(missing // 2, max(0, round(shares[0] * HEIGHT_PX)))
    return [-down, missing - down]


def _has_room(data: Curves, share: float, shares: list[float]) -> bool:
    """The level is named on its line only while the future is empty there; the words above the chart name it always."""
    return (
        data.now is not None and data.now < EARLY * data.epochs and all(abs(share - other) > 0.14 for other in shares)
    )


def _at_end(data: Curves, curve: Curve, shift: int) -> dict:
    """The name of a curve behind its last point; the validation's with its value under it."""
    is_training = curve is data.training
    text = (
        data.training_label if is_training else f"<b>{data.validation_label}<br>{curve.values[-1]:.{data.digits}f}</b>"
    )
    return _text(
        text,
        curve.epochs[-1],
        curve.values[-1],
        "var(--stage-4)" if is_training else "var(--ink)",
        xanchor=LEFT,
        xshift=6,
        yshift=shift,
        name=curve.name,
    )


def _text(text: str, x: float, y: float, colour: str, **more: object) -> dict:
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"color": colour, "size": 11}, **more}
