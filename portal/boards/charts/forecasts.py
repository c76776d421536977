"""Were the forecasts right? Each finished job: what was forecast, with its range, against what it took."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible, note

ROOM = 1.25  # beyond the outermost mark, as a factor: both axes are logarithmic


@dataclass(frozen=True)
class Told:
    """One job in seconds: forecast with P10 and P90, and the actual duration; `hover` is its own words."""

    name: str
    actual: float
    low: float
    mid: float
    high: float
    hover: str

    @property
    def is_inside(self) -> bool:
        return self.low <= self.actual <= self.high


@dataclass(frozen=True)
class Forecasts:
    """The jobs, the marks of both axes as (seconds, words), and the words on the axes."""

    jobs: Sequence[Told]
    ticks: Sequence[tuple[float, str]]
    actual_label: str = "It took"
    forecast_label: str = "Forecast"
    right_label: str = "as forecast"


def forecasts(data: Forecasts) -> go.Figure:
    """x what it took, y what was forecast with its whisker; on the dotted diagonal the forecast was right."""
    low = min(min(job.low, job.actual) for job in data.jobs) / ROOM
    high = max(max(job.high, job.actual) for job in data.jobs) * ROOM
    axis = {
        "type": "log",
        "tickvals": [seconds for seconds, _words in data.ticks if low <= seconds <= high],
        "ticktext": [words for seconds, words in data.ticks if low <= seconds <= high],
    }
    figure = canvas(
        hovermode="closest",
        showlegend=False,
        margin={"l": 56, "r": 12, "t": 28, "b": 40},
        xaxis={**axis, "title": {"text": data.actual_label}},
        yaxis=axis,
        annotations=[
            note(
                data.forecast_label,
                0,
                1,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                xshift=-44,
                yshift=6,
            )
        ],
    )
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": "var(--ink-3)", "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    for inside, fill in ((True, "var(--ink)"), (False, "var(--surface)")):
        _add_jobs(figure, [job for job in data.jobs if job.is_inside is inside], fill)
    return figure


def _add_jobs(figure: go.Figure, jobs: list[Told], fill: str) -> None:
    """Filled inside the range, hollow outside of it."""
    figure.add_scatter(
        x=[job.actual for job in jobs],
        y=[job.mid for job in jobs],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [job.high - job.mid for job in jobs],
            "arrayminus": [job.mid - job.low for job in jobs],
            "color": "var(--line/.55)",
            "thickness": 1.5,
            "width": 3,
        },
        mode="markers",
        marker={"size": 8, "color": fill, "line": {"width": 1.5, "color": "var(--ink)"}},
        text=[legible(job.name) for job in jobs],
        customdata=[legible(job.hover) for job in jobs],
        hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
    )
