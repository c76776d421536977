"""What came of the gates? Decisions by month, stacked by their outcome."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import canvas, note


@dataclass(frozen=True)
class DecisionBars:
    """Months are the ISO dates of their first days; each outcome has name, colour, whether it is pale, and counts."""

    months: tuple[str, ...]
    outcomes: tuple[tuple[str, str, bool, tuple[int, ...]], ...]
    count_label: str = "Decisions"


def decision_bars(data: DecisionBars) -> go.Figure:
    """One bar a month; a pale part is told from the full one of its colour by its edge."""
    most = max((sum(counts) for counts in zip(*(row[3] for row in data.outcomes), strict=True)), default=0)
    figure = canvas(
        barmode="stack",
        bargap=0.35,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.12, "yanchor": "bottom", "traceorder": "normal"},
        margin={"l": 32, "r": 12, "t": 40, "b": 30},
        xaxis={"type": "date", "nticks": 8, "hoverformat": "%b %Y", "tickformat": "%b\n%Y"},
        yaxis={"range": [0, most * 1.1], "dtick": max(1, -(-most // 5)), "tickformat": "d"},
        annotations=[
            note(
                data.count_label,
                0,
                1,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                xshift=-24,
                yshift=6,
                name="wide",
            )
        ],
    )
    for name, colour, is_pale, counts in data.outcomes:
        figure.add_bar(
            x=list(data.months),
            y=[count or None for count in counts],
            name=name,
            marker={
                "color": f"var(--{colour}/.3)" if is_pale else f"var(--{colour})",
                "line": {"color": f"var(--{colour})", "width": 1},
            },
            hovertemplate=f"%{{y}}<extra>{name}</extra>",
        )
    return figure
