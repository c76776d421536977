"""Are we inside the plan? Money spent, cumulative, against the plan and the approved limit."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, level, note, scale


@dataclass(frozen=True)
class Burn:
    """Days are ISO dates; amounts are currency units, cumulative."""

    spent: tuple[tuple[str, float], ...]
    plan: tuple[tuple[str, float], ...]
    approved: float
    currency: str
    spent_label: str = "Spent"
    plan_label: str = "Plan"
    approved_label: str = "Approved"


def burn(data: Burn) -> go.Figure:
    """Spent in ink, the plan dotted, the approved limit as a hairline; the last spent point bears its figure."""
    amounts = [amount for _day, amount in (*data.spent, *data.plan)] + [data.approved]
    divisor, suffix = scale(amounts)
    top = max(amounts, default=1.0) / divisor or 1.0
    figure = canvas(
        margin={"l": 40, "r": 24, "t": 14, "b": 30},
        xaxis={"type": "date", "nticks": 7, "hoverformat": "%d %b %Y", "tickformat": "%b\n%Y"},
        yaxis={
            "range": [0, top * 1.14],
            "nticks": 5,
            "ticksuffix": f" {suffix}" if suffix else "",
            "showticksuffix": "last",
        },
        shapes=[level(data.approved / divisor, colour="ink-2")],
        annotations=_words(data, divisor, suffix),
    )
    figure.add_scatter(
        x=[day for day, _amount in data.plan],
        y=[amount / divisor for _day, amount in data.plan],
        mode="lines",
        line={"color": "var(--field)", "width": 1.25, "dash": "dot"},
        hovertemplate=_hover(data, suffix, data.plan_label),
    )
    figure.add_scatter(
        x=[day for day, _amount in data.spent],
        y=[amount / divisor for _day, amount in data.spent],
        mode="lines",
        line={"color": "var(--ink)", "width": 2.5},
        hovertemplate=_hover(data, suffix, data.spent_label),
    )
    if data.spent:
        figure.add_scatter(
            x=[data.spent[-1][0]],
            y=[data.spent[-1][1] / divisor],
            mode="markers",
            hoverinfo="skip",
            marker={"size": 9, "color": "var(--ink)", "line": {"color": "var(--surface)", "width": 2}},
        )
    return figure


def _hover(data: Burn, suffix: str, label: str) -> str:
    return f"{data.currency} %{{y:,.1f}} {suffix}<extra>{label}</extra>"


def _words(data: Burn, divisor: float, suffix: str) -> list[dict]:
    amount = lambda value: f"{value / divisor:,.{2 if suffix == 'M' else 0}f}{' M' if suffix == 'M' else suffix}"  # noqa: E731
    words = [
        note(
            f"{data.approved_label} {amount(data.approved)}",
            0.01,
            data.approved / divisor,
            colour="ink-2",
            xref="paper",
            xanchor="left",
            yanchor="bottom",
        )
    ]
    if data.spent:
        day, value = data.spent[-1]
        early = len(data.plan) > 1 and day < data.plan[len(data.plan) // 3][0]
        words.append(
            note(
                f"{data.spent_label} {amount(value)}",
                day,
                value / divisor,
                colour="ink",
                xanchor="left" if early else "right",
                xshift=10 if early else -10,
                yshift=10,
            )
        )
    if len(data.plan) > 2:
        day, value = data.plan[-(len(data.plan) // 4 or 1)]
        words.append(note(data.plan_label, day, value / divisor, xanchor="right", xshift=-4, yshift=10))
    return words
