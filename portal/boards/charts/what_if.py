"""What would change? The portfolios beside each other, value after risk over what is still to spend."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible


@dataclass(frozen=True)
class Portfolios:
    """Each portfolio with its value after risk and what it still has to spend, in whole units of a currency."""

    rows: tuple[tuple[str, float, float], ...]
    currency: str
    value: str
    cost: str


def portfolios(data: Portfolios) -> go.Figure:
    """Two bars a portfolio: what it is worth in a colour, what it still costs in the quiet colour below it."""
    names = [legible(name) for name, _value, _cost in data.rows]
    figure = canvas(
        bargap=0.5,
        barmode="group",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        margin={"l": 8, "r": 24, "t": 36, "b": 30},
        xaxis={"nticks": 6, "rangemode": "tozero", "ticksuffix": f" {data.currency}"},
        yaxis={"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 8},
    )
    for word, colour, values in (
        (data.value, "var(--stage-4)", [value for _name, value, _cost in data.rows]),
        (data.cost, "var(--field)", [cost for _name, _value, cost in data.rows]),
    ):
        figure.add_bar(
            x=values,
            y=names,
            name=legible(word),
            orientation="h",
            marker={"color": colour},
            hovertemplate=f"%{{y}}: {data.currency} %{{x:,.0f}}<extra>{legible(word)}</extra>",
        )
    return figure
