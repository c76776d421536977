"""Where does a point of quality cost least? One bar a project and recipe; shorter is better."""

from dataclasses import dataclass
from math import floor, log10

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible

ROW_PX, FRAME_PX = 36, 64  # a row with its gap, and what stands above and below the rows
MOST_TICKS = 5


@dataclass(frozen=True)
class PointBars:
    """Names with the price of a point in currency units and in words, the best first."""

    prices: tuple[tuple[str, float, str], ...]
    currency: str


def point_bars(data: PointBars) -> go.Figure:
    """The best on top and in the colour of the line; each price stands at the end of its bar."""
    prices = [price for _name, price, _words in data.prices]
    places, ticks = list(range(len(prices))), round_ticks(max(prices))
    figure = canvas(
        hovermode="closest",
        bargap=0.4,
        margin={"l": 8, "r": 88, "t": 8, "b": 40},
        xaxis={
            "range": [0, max(prices)],
            "tickmode": "array",
            "tickvals": [tick for tick, _words in ticks],
            "ticktext": [words for _tick, words in ticks],
            "exponentformat": "none",
            "title": {"text": data.currency},
        },
        yaxis={
            "range": [len(places) - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [legible(name) for name, _price, _words in data.prices],
            "showgrid": False,
            "ticks": "outside",  # unseen, they keep the names away from the bars
            "ticklen": 8,
            "tickcolor": "var(--surface/0)",
        },
    )
    figure.add_bar(
        x=prices,
        y=places,
        orientation="h",
        marker={"color": ["var(--line)" if place == 0 else "var(--ink-2)" for place in places]},
        text=[f"\u2002{words}" for _name, _price, words in data.prices],
        textposition="outside",
        textfont={"size": 11, "color": "var(--ink)"},
        cliponaxis=False,
        customdata=[legible(name) for name, _price, _words in data.prices],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    return figure


def height_of(rows: int) -> str:
    """As high as its rows need, so that a bar is as thick among three as among twelve."""
    return f"{ROW_PX * max(rows, 2) + FRAME_PX}px"


def round_ticks(highest: float) -> list[tuple[float, str]]:
    """Round prices from nought on with their words, five at most: `0.0002`, never a power of ten."""
    if highest <= 0:
        return [(0.0, "0")]
    power = 10.0 ** floor(log10(highest / MOST_TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) < MOST_TICKS)
    digits = max(0, -floor(log10(step) + 1e-9))
    return [(step * place, f"{step * place:,.{digits}f}" if place else "0") for place in range(int(highest / step) + 1)]
