"""Are we inside the plan, and where does it go? Money spent against plan and approved limit, with its forecast fan."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import above_axis, canvas, in_short, level, note, scale


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
    fan: tuple[tuple[str, float, float, float], ...] = ()  # day, P10, P50, P90; begins where `spent` ends
    forecast_label: str = "Forecast"


def burn(data: Burn) -> go.Figure:
    """Spent in ink, the plan dotted, the approved limit a hairline, the forecast and its fan in the line's colour."""
    amounts = [amount for _day, amount in (*data.spent, *data.plan)] + [data.approved]
    amounts += [dear for _day, _cheap, _middle, dear in data.fan]
    divisor, suffix = scale(amounts)
    top = max(amounts, default=1.0) / divisor or 1.0
    figure = canvas(
        margin={"l": 40, "r": 116 if data.fan else 24, "t": 26, "b": 30},
        xaxis={"type": "date", "nticks": 7, "hoverformat": "%d %b %Y", "tickformat": "%b\n%Y", **_window(data)},
        yaxis={
            "range": [0, top * 1.14],
            "nticks": 5,
            "ticksuffix": f" {suffix}" if suffix else "",
            "showticksuffix": "last",
        },
        shapes=[level(data.approved / divisor, colour="ink-2")],
        annotations=_words(data, divisor),
    )
    figure.add_scatter(
        x=[day for day, _amount in data.plan],
        y=[amount / divisor for _day, amount in data.plan],
        mode="lines",
        line={"color": "var(--field)", "width": 1.25, "dash": "dot"},
        hovertemplate=_hover(data, suffix, data.plan_label),
    )
    _add_fan(figure, data, divisor, suffix)
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


def _window(data: Burn) -> dict[str, list[str]]:
    """With a fan its words stand beside the plot, so the axis ends with the last day and not with the words."""
    days = [point[0] for points in (data.spent, data.plan, data.fan) for point in points]
    return {"range": [min(days), max(days)]} if data.fan else {}


def _add_fan(figure: go.Figure, data: Burn, divisor: float, suffix: str) -> None:
    """P10 to P90 as a wash, the middle as a line; nothing where there is no forecast."""
    if not data.fan:
        return
    days = [day for day, _cheap, _middle, _dear in data.fan]
    edge = {"width": 0, "color": "var(--line)"}
    edges = (
        ("P10", [cheap for _day, cheap, _middle, _dear in data.fan], None),
        ("P90", [dear for _day, _cheap, _middle, dear in data.fan], "tonexty"),
    )
    for word, amounts, fill in edges:
        figure.add_scatter(
            x=days,
            y=[amount / divisor for amount in amounts],
            mode="lines",
            line=edge,
            fill=fill,
            fillcolor="var(--line/.18)",
            hovertemplate=_hover(data, suffix, word),
        )
    figure.add_scatter(
        x=days,
        y=[point[2] / divisor for point in data.fan],
        mode="lines",
        line={"color": "var(--line)", "width": 2.25},
        hovertemplate=_hover(data, suffix, data.forecast_label),
    )


def _hover(data: Burn, suffix: str, label: str) -> str:
    digits = 2 if suffix == "M" else 1
    return f"{data.currency} %{{y:,.{digits}f}} {suffix}<extra>{label}</extra>"


def _words(data: Burn, divisor: float) -> list[dict]:
    words = [
        above_axis(data.currency),
        note(
            f"{data.approved_label} {in_short(data.approved)}",
            0.01,
            data.approved / divisor,
            colour="ink-2",
            xref="paper",
            xanchor="left",
            yanchor="bottom",
        ),
    ]
    if data.spent:
        day, value = data.spent[-1]
        early = len(data.plan) > 1 and day < data.plan[len(data.plan) // 3][0]
        words.append(
            note(
                f"{data.spent_label} {in_short(value)}",
                day,
                value / divisor,
                colour="ink",
                xanchor="left" if early else "right",
                xshift=10 if early else -10,
                yshift=10,
            )
        )
    if len(data.plan) > 2:
        day, value = data.plan[len(data.plan) // 3 if data.fan else -(len(data.plan) // 4 or 1)]
        after = {"xanchor": "left", "xshift": 6, "yshift": -10}
        before = {"xanchor": "right", "xshift": -4, "yshift": 10}
        words.append({**note(data.plan_label, day, value / divisor), **(after if data.fan else before)})
    return words + _fan_words(data, divisor)


def _fan_words(data: Burn, divisor: float) -> list[dict]:
    """The three figures at the end of the fan, pushed apart where they would lie on each other."""
    if not data.fan:
        return []
    _day, cheap, middle, dear = data.fan[-1]
    apart = 0.07 * max(dear, data.approved, data.plan[-1][1] if data.plan else 0) / divisor
    low, high = min(cheap / divisor, middle / divisor - apart), max(dear / divisor, middle / divisor + apart)
    words = (
        note(f"P10 {in_short(cheap)}", 1, low),
        note(f"<b>{data.forecast_label} {in_short(middle)}</b>", 1, middle / divisor, colour="line-ink"),
        note(f"P90 {in_short(dear)}", 1, high),
    )
    return [{**each, "xref": "paper", "xanchor": "left", "xshift": 8} for each in words]
