"""What is it worth, and how sure is that? One bubble a project."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import above_axis, canvas, legible, note, scale
from portal.boards.charts.labels import Spot, place

WIDTH_PX, HEIGHT_PX = 640.0, 350.0
LARGEST_PX = 44.0
KEPT_ON_PHONE = 3


@dataclass(frozen=True)
class Bubble:
    """`value` after risk and `left` to spend in currency units, `odds` the probability of success as a share.

    `way` says in words how far the KPI has come to its target.
    """

    name: str
    value: float
    odds: float
    left: float
    stage: int
    way: str = ""
    is_hypothesis: bool = False
    is_off: bool = False


@dataclass(frozen=True)
class Bubbles:
    points: tuple[Bubble, ...]
    currency: str
    value_label: str = "Value after risk"
    odds_label: str = "Probability of success"
    left_label: str = "Still to spend"
    way_label: str = "Way to the KPI target"
    hypothesis_label: str = "hypothesis"
    corners: tuple[str, str, str, str] = ("", "", "", "")  # small likely, large likely, small unsure, large unsure


def bubbles(data: Bubbles) -> go.Figure:
    """x value after risk, y probability, area money left, colour station; hollow is a hypothesis, red is off track."""
    divisor, suffix = scale([point.value for point in data.points])
    x_range, y_range = _ranges(data.points, divisor)
    middle = max(0.0, max((point.value / divisor for point in data.points), default=0.0)) / 2
    largest = max((max(point.left, 0) for point in data.points), default=0) or 1.0
    sizes = [max(8.0, LARGEST_PX * (max(point.left, 0) / largest) ** 0.5) for point in data.points]
    figure = canvas(
        hovermode="closest",
        margin={"l": 48, "r": 12, "t": 28, "b": 40},
        xaxis={
            "range": x_range,
            "title": {"text": f"{data.value_label}, {data.currency} {suffix}".strip()},
            "nticks": 6,
            "zeroline": any(point.value < 0 for point in data.points),
            "zerolinecolor": "var(--rule-strong)",
        },
        yaxis={"range": y_range, "tickformat": ".0%", "tickmode": "array", "tickvals": [0.25, 0.5, 0.75, 1]},
        annotations=[
            above_axis(data.odds_label),
            *_corners(data.corners),
        ],
        shapes=[
            {
                "type": "line",
                "yref": "paper",
                "x0": middle,
                "x1": middle,
                "y0": 0,
                "y1": 1,
                "layer": "below",
                "line": {"color": "var(--rule-strong)", "width": 1, "dash": "dot"},
            }
        ],
    )
    figure.add_scatter(
        x=[point.value / divisor for point in data.points],
        y=[point.odds for point in data.points],
        text=[legible(point.name) for point in data.points],
        textposition=_positions(data.points, sizes, divisor, x_range, y_range),
        textfont={"size": 11, "color": "var(--ink)"},
        mode="markers+text",
        meta={"keep": sorted(range(len(data.points)), key=lambda index: -data.points[index].value)[:KEPT_ON_PHONE]},
        customdata=[_hover(point, data) for point in data.points],
        hovertemplate="<b>%{text}</b><br>"
        + data.value_label
        + " %{customdata[0]}<br>"
        + data.odds_label
        + " %{y:.0%}<br>"
        + data.left_label
        + " %{customdata[1]}<br>"
        + data.way_label
        + " %{customdata[2]}<extra></extra>",
        marker={
            "size": sizes,
            "opacity": 1,
            "color": [
                "var(--surface)" if point.is_hypothesis else f"var(--stage-{point.stage})" for point in data.points
            ],
            "line": {
                "width": [2.5 if point.is_off or point.is_hypothesis else 1 for point in data.points],
                "color": [
                    "var(--bad)"
                    if point.is_off
                    else f"var(--stage-{max(point.stage, 2)})"
                    if point.is_hypothesis
                    else "var(--stage-4)"
                    if point.stage <= 2
                    else "var(--surface)"
                    for point in data.points
                ],
            },
        },
    )
    return figure


def _hover(point: Bubble, data: Bubbles) -> tuple[str, str, str]:
    worth = f"{data.currency} {point.value:,.0f}" + (f" ({data.hypothesis_label})" if point.is_hypothesis else "")
    left = f"{data.currency} {point.left:,.0f}"
    return worth.replace("-", "\u2212"), left.replace("-", "\u2212"), legible(point.way)


def _ranges(points: tuple[Bubble, ...], divisor: float) -> tuple[list[float], list[float]]:
    xs = [point.value / divisor for point in points] or [1.0]
    high, low = max(*xs, 0.0) if len(xs) > 1 else max(xs[0], 0.0), min(*xs, 0.0) if len(xs) > 1 else min(xs[0], 0.0)
    room = (high - low) * 0.14 or 1.0
    return [low - room * (1.0 if low < 0 else 0.6), high + room * 1.6], [-0.04, 1.16]


def _positions(
    points: tuple[Bubble, ...], sizes: list[float], divisor: float, x_range: list[float], y_range: list[float]
) -> list[str]:
    across, up = WIDTH_PX / (x_range[1] - x_range[0]), HEIGHT_PX / (y_range[1] - y_range[0])
    spots = [
        Spot((point.value / divisor - x_range[0]) * across, (y_range[1] - point.odds) * up, size / 2, point.name)
        for point, size in zip(points, sizes, strict=True)
    ]
    return place(spots, WIDTH_PX, HEIGHT_PX)


def _corners(words: tuple[str, str, str, str]) -> list[dict]:
    places = ((0, 1, "left", "top"), (1, 1, "right", "top"), (0, 0, "left", "bottom"), (1, 0, "right", "bottom"))
    return [
        note(
            text,
            x,
            y,
            xref="paper",
            yref="paper",
            xanchor=anchor,
            yanchor=edge,
            xshift=4 if x == 0 else -4,
            name="wide",
        )
        for text, (x, y, anchor, edge) in zip(words, places, strict=True)
        if text
    ]
