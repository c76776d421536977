"""What bought nothing, week by week: stacked bars of failed, repeated and dominated work, and of idle places."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, note

COLOURS = ("bad", "stage-5", "stage-3", "warn")


@dataclass(frozen=True)
class WasteBars:
    """Weeks in words, and for each kind its name and its amounts in currency units, None where it was not measured."""

    weeks: tuple[str, ...]
    kinds: tuple[tuple[str, tuple[float | None, ...]], ...]
    currency: str


def waste_bars(data: WasteBars) -> go.Figure:
    """One bar a week; the names of the kinds stand beside the last bar that has them."""
    figure = canvas(
        barmode="stack",
        bargap=0.35,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.12, "yanchor": "bottom"},
        margin={"l": 48, "r": 12, "t": 40, "b": 30},
        xaxis={"type": "category"},
        yaxis={"nticks": 5, "rangemode": "tozero"},
        annotations=[
            note(
                data.currency, 0, 1, xref="paper", yref="paper", xanchor="right", yanchor="bottom", xshift=-8, yshift=4
            )
        ],
    )
    for (name, amounts), colour in zip(data.kinds, COLOURS, strict=True):
        figure.add_bar(
            x=list(data.weeks),
            y=list(amounts),
            name=name,
            marker={"color": f"var(--{colour})"},
            hovertemplate=f"{data.currency} %{{y:,.2f}}<extra>{name}</extra>",
        )
    return figure
