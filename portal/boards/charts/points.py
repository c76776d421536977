"""Where does a point of quality cost least? One bar a project and recipe; shorter is better."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible

LEAST_ROWS = 5  # so that few bars stay slim


@dataclass(frozen=True)
class PointBars:
    """Names with the price of a point in currency units and in words, the best first."""

    prices: tuple[tuple[str, float, str], ...]
    currency: str


def point_bars(data: PointBars) -> go.Figure:
    """The best on top and in the colour of the line; each price stands at the end of its bar."""
    prices = [price for _name, price, _words in data.prices]
    places = list(range(len(prices)))
    figure = canvas(
        hovermode="closest",
        bargap=0.35,
        margin={"l": 8, "r": 72, "t": 8, "b": 40},
        xaxis={"range": [0, max(prices)], "nticks": 5, "title": {"text": data.currency}},
        yaxis={
            "range": [max(len(places), LEAST_ROWS) - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [legible(name) for name, _price, _words in data.prices],
            "showgrid": False,
        },
    )
    figure.add_bar(
        x=prices,
        y=places,
        orientation="h",
        marker={"color": ["var(--line)" if place == 0 else "var(--ink-2)" for place in places]},
        text=[words for _name, _price, words in data.prices],
        textposition="outside",
        textfont={"size": 11, "color": "var(--ink)"},
        cliponaxis=False,
        customdata=[legible(name) for name, _price, _words in data.prices],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    return figure
