"""Are the users content? The mean score over time, between 1 and 5, against the least that is accepted."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible, level, note


@dataclass(frozen=True)
class Scores:
    """Days are ISO dates; a mean is None where too little was said."""

    points: tuple[tuple[str, float | None], ...]
    floor: float
    floor_label: str
    label: str


def scores(data: Scores) -> go.Figure:
    """The mean in ink over the whole scale, the floor as a hairline."""
    figure = canvas(
        margin={"l": 32, "r": 104, "t": 14, "b": 30},
        xaxis={"type": "date", "nticks": 8, "hoverformat": "%d %b %Y", "tickformat": "%b\n%Y"},
        yaxis={"range": [1, 5.15], "tickvals": [1, 2, 3, 4, 5]},
        shapes=[level(data.floor, colour="warn", dash="dash")],
        annotations=[
            note(legible(data.floor_label), 1, data.floor, xref="paper", xanchor="left", xshift=6, colour="warn")
        ],
    )
    figure.add_scatter(
        x=[day for day, _mean in data.points],
        y=[mean for _day, mean in data.points],
        mode="lines+markers",
        connectgaps=False,
        line={"color": "var(--ink)", "width": 2.5},
        marker={"size": 6, "color": "var(--ink)"},
        hovertemplate=f"%{{y:.2f}}<extra>{legible(data.label)}</extra>",
    )
    return figure
