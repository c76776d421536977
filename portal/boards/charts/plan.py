"""When does each stage run? Planned as a hairline, what happened in ink, what is expected in the colour of the line."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible, note

PLANNED_ABOVE = 0.2  # the hairline runs above the bar, in rows


@dataclass(frozen=True)
class Span:
    """From one ISO day to another."""

    start: str
    finish: str


@dataclass(frozen=True)
class PlanRow:
    """One stage. What has happened ends today at the latest; what is expected follows it."""

    name: str
    planned: Span | None = None
    actual: Span | None = None
    expected: Span | None = None


@dataclass(frozen=True)
class PlanMark:
    """One milestone on its ISO day."""

    name: str
    day: str
    is_reached: bool


@dataclass(frozen=True)
class Plan:
    rows: tuple[PlanRow, ...]
    marks: tuple[PlanMark, ...]
    today: str
    today_label: str = "Today"
    planned_label: str = "Planned"
    actual_label: str = "Done"
    expected_label: str = "Expected"
    marks_label: str = "Milestones"


def plan(data: Plan) -> go.Figure:
    """One row a stage from the top down, the milestones as diamonds below, and today as an upright line."""
    names = [row.name for row in data.rows] + ([data.marks_label] if data.marks else [])
    figure = canvas(
        hovermode="closest",
        showlegend=False,
        margin={"l": 96, "r": 18, "t": 22, "b": 30},
        xaxis={"type": "date", "nticks": 7, "hoverformat": "%d %b %Y", "tickformat": "%b\n%Y"},
        yaxis={
            "range": [len(names) - 0.4, -0.6],
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "showgrid": False,
        },
        shapes=[_upright(data.today)],
        annotations=[note(data.today_label, data.today, 1, yref="paper", yanchor="bottom", colour="ink-2")],
    )
    planned = [(index - PLANNED_ABOVE, row.name, row.planned) for index, row in enumerate(data.rows) if row.planned]
    actual = [(index, row.name, row.actual) for index, row in enumerate(data.rows) if row.actual]
    expected = [(index, row.name, row.expected) for index, row in enumerate(data.rows) if row.expected]
    _bars(figure, planned, colour="field", width=1.5, label=data.planned_label)
    _bars(figure, expected, colour="line", width=5, label=data.expected_label)
    _bars(figure, actual, colour="ink", width=7, label=data.actual_label)
    if data.marks:
        _diamonds(figure, data, len(data.rows))
    return figure


def _bars(
    figure: go.Figure, spans: Sequence[tuple[float, str, Span]], *, colour: str, width: float, label: str
) -> None:
    """All spans of one kind as one broken line."""
    days: list[str | None] = []
    rows: list[float | None] = []
    words: list[str] = []
    for row, name, span in spans:
        days += [span.start, span.finish, None]
        rows += [row, row, None]
        words += [legible(name), legible(name), ""]
    figure.add_scatter(
        x=days,
        y=rows,
        mode="lines",
        text=words,
        line={"color": f"var(--{colour})", "width": width},
        hovertemplate=f"%{{text}}: %{{x}}<extra>{label}</extra>",
    )


def _diamonds(figure: go.Figure, data: Plan, row: int) -> None:
    reached = ["var(--ink)" if mark.is_reached else "var(--surface)" for mark in data.marks]
    edges = ["var(--ink)" if mark.is_reached else "var(--line)" for mark in data.marks]
    figure.add_scatter(
        x=[mark.day for mark in data.marks],
        y=[row] * len(data.marks),
        mode="markers",
        text=[legible(mark.name) for mark in data.marks],
        marker={"symbol": "diamond", "size": 12, "color": reached, "line": {"color": edges, "width": 2}},
        hovertemplate=f"%{{text}}: %{{x}}<extra>{data.marks_label}</extra>",
    )


def _upright(day: str) -> dict:
    line = {"color": "var(--ink-2)", "width": 1, "dash": "dot"}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": day, "x1": day, "line": line}
