"""A straight line through points: did gradient descent find the least-squares line?"""

from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True)
class LineFit:
    """Points and the two lines through them: the one that was learned and the exact one."""

    points: list[tuple[float, float]]
    learned: tuple[float, float]  # weight, bias
    exact: tuple[float, float] | None
    learned_label: str = "Learned"
    exact_label: str = "Exact"


def line_fit(data: LineFit) -> go.Figure:
    """The cloud pale, the learned line in ink, the exact line dotted in the colour of the line."""
    xs = [x for x, _y in data.points]
    ends = [min(xs), max(xs)]
    figure = go.Figure(
        layout={
            "template": {},
            "margin": {"l": 44, "r": 12, "t": 8, "b": 36},
            "hovermode": "closest",
            "xaxis": {"title": {"text": "x"}},
            "yaxis": {"nticks": 5},
        }
    )
    figure.add_scatter(
        x=xs,
        y=[y for _x, y in data.points],
        mode="markers",
        marker={"size": 5, "color": "var(--stage-2)"},
        hovertemplate="x %{x:.3f}<br>y %{y:.3f}<extra></extra>",
    )
    lines = [(data.learned, data.learned_label, {"color": "var(--ink)", "width": 2.5})]
    if data.exact:
        lines.append((data.exact, data.exact_label, {"color": "var(--line)", "width": 2, "dash": "dot"}))
    for (weight, bias), label, style in lines:
        figure.add_scatter(
            x=ends,
            y=[weight * x + bias for x in ends],
            mode="lines",
            line=style,
            name=label,
            hovertemplate=f"%{{y:.3f}}<extra>{label}</extra>",
        )
    return figure
