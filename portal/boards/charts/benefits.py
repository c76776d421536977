"""Did it bring what was promised? Money by month, the promise against what was realised."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, legible, note, scale


@dataclass(frozen=True)
class PromisedRealised:
    """Months are the ISO dates of their first days; amounts are currency units of that month."""

    promised: tuple[tuple[str, float], ...]
    realised: tuple[tuple[str, float], ...]
    currency: str
    promised_label: str = "Promised"
    realised_label: str = "Realised"


def promised_realised(data: PromisedRealised) -> go.Figure:
    """The promise dotted, what was realised in ink; each line bears its name at its end."""
    amounts = [amount for _month, amount in (*data.promised, *data.realised)]
    divisor, suffix = scale(amounts)
    low, high = min([0.0, *amounts]) / divisor, max([0.0, *amounts]) / divisor
    room = (high - low) * 0.12 or 1.0
    figure = canvas(
        margin={"l": 48, "r": 84, "t": 24, "b": 30},
        xaxis={"type": "date", "nticks": 8, "hoverformat": "%b %Y", "tickformat": "%b\n%Y"},
        yaxis={"range": [low - (room if low < 0 else 0), high + room], "nticks": 5},
        annotations=[_unit(data, suffix), *_names(data, divisor, apart=room)],
    )
    for points, label, line in (
        (data.promised, data.promised_label, {"color": "var(--field)", "width": 1.75, "dash": "dot"}),
        (data.realised, data.realised_label, {"color": "var(--ink)", "width": 2.5}),
    ):
        figure.add_scatter(
            x=[month for month, _amount in points],
            y=[amount / divisor for _month, amount in points],
            mode="lines+markers" if len(points) < 3 else "lines",
            line=line,
            marker={"size": 6, "color": line["color"]},
            hovertemplate=f"{data.currency} %{{y:,.1f}} {suffix}<extra>{legible(label)}</extra>",
        )
    return figure


def _unit(data: PromisedRealised, suffix: str) -> dict:
    text = f"{data.currency} {suffix}".strip()
    return note(text, 0, 1, xref="paper", yref="paper", xanchor="right", yanchor="bottom", xshift=-6, yshift=4)


def _names(data: PromisedRealised, divisor: float, *, apart: float) -> list[dict]:
    """The words at the ends of the lines, pushed apart where both end at one height and one month."""
    ends = [
        (points[-1][0], points[-1][1] / divisor, label, colour)
        for points, label, colour in (
            (data.promised, data.promised_label, "ink-3"),
            (data.realised, data.realised_label, "ink"),
        )
        if points
    ]
    if len(ends) == 2 and ends[0][0] == ends[1][0] and abs(ends[0][1] - ends[1][1]) < apart:
        month, height, label, colour = ends[1]
        ends[1] = (month, ends[0][1] + (apart if height > ends[0][1] else -apart), label, colour)
    return [
        note(legible(label), month, height, colour=colour, xanchor="left", xshift=8)
        for month, height, label, colour in ends
    ]
