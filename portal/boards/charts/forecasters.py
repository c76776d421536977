"""Whose forecasts came true? One bar a person; shorter is better."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible, note


@dataclass(frozen=True)
class ErrorBars:
    """People with their error, the best first; `mark` is an error to compare with and `word` its name."""

    errors: tuple[tuple[str, float], ...]
    unit: str
    mark: float
    word: str


def error_bars(data: ErrorBars) -> go.Figure:
    """The best on top; a bar that goes beyond the mark is amber as well."""
    names, errors = [name for name, _error in data.errors], [error for _name, error in data.errors]
    places = list(range(len(names)))  # people of one name keep a bar each
    figure = canvas(
        bargap=0.35,
        margin={"l": 8, "r": 24, "t": 28, "b": 30},
        xaxis={"range": [0, max([data.mark, *errors]) * 1.1], "nticks": 5, "ticksuffix": data.unit},
        yaxis={
            "autorange": "reversed",
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [legible(name) for name in names],
            "showgrid": False,
        },
        shapes=[
            {
                "type": "line",
                "yref": "paper",
                "x0": data.mark,
                "x1": data.mark,
                "y0": 0,
                "y1": 1,
                "line": {"color": "var(--field)", "width": 1.5, "dash": "dot"},
            }
        ],
        annotations=[note(legible(data.word), data.mark, 1, yref="paper", yanchor="bottom", yshift=2)],
    )
    figure.add_bar(
        x=errors,
        y=places,
        orientation="h",
        marker={"color": ["var(--warn)" if error > data.mark else "var(--ink)" for error in errors]},
        text=[legible(name) for name in names],
        textposition="none",
        hovertemplate=f"%{{text}}: %{{x:.3~g}}{data.unit}<extra></extra>",
    )
    return figure
