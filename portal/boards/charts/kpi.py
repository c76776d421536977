"""Did the release help? A KPI over time with its baseline, its target and the models that came into use."""

from dataclasses import dataclass

import plotly.graph_objects as go

from portal.boards.charts.canvas import above_axis, canvas, legible, level, note
from portal.boards.charts.labels import LETTER_PX


@dataclass(frozen=True)
class Release:
    """The first measurement with another model."""

    at: str
    value: float
    model: str


@dataclass(frozen=True)
class KpiLine:
    """Measured values by ISO time. The labels already carry value and unit, as they stand beside the lines."""

    points: tuple[tuple[str, float], ...]
    releases: tuple[Release, ...]
    baseline: float
    target: float
    unit: str
    name: str
    baseline_label: str = "Before"
    target_label: str = "Target"
    now_label: str = "Now"
    target_high: float | None = None


def kpi_line(data: KpiLine) -> go.Figure:
    """The line in ink, baseline and target dashed, a diamond at each release, the last value marked."""
    low, high = _window(data)
    figure = canvas(
        margin={"l": 40, "r": _room_for_words(data), "t": 28, "b": 30},
        xaxis={
            "type": "date",
            "nticks": 7,
            "hoverformat": "%d %b %Y",
            "tickformat": "%d %b" if _is_short(data) else "%b",
        },
        yaxis={"range": [low, high], "nticks": 5},
        shapes=[
            level(data.baseline, colour="rule-strong", dash="dash"),
            *(level(end, colour="good", dash="dash") for end in _ends(data)),
        ],
        annotations=[*_words(data, high - low), *([above_axis(legible(data.unit))] if data.unit else [])],
    )
    figure.add_scatter(
        x=[at for at, _value in data.points],
        y=[value for _at, value in data.points],
        mode="lines+markers" if len(data.points) <= 12 else "lines",
        line={"color": "var(--ink)", "width": 2.25},
        marker={"size": 6, "color": "var(--ink)"},
        hovertemplate=f"%{{y:,.4~g}} {legible(data.unit)}<extra>{legible(data.name)}</extra>",
    )
    figure.add_scatter(
        x=[release.at for release in data.releases],
        y=[release.value for release in data.releases],
        text=[legible(release.model) for release in data.releases],
        mode="markers+text",
        textposition="top right",
        cliponaxis=False,
        textfont={"color": "var(--line-ink)", "size": 11},
        hoverinfo="skip",
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": "var(--line)",
            "line": {"color": "var(--surface)", "width": 2},
        },
    )
    ends_in_release = bool(data.releases) and data.points[-1:] == ((data.releases[-1].at, data.releases[-1].value),)
    if data.points and not ends_in_release:  # the dot of today would cover the diamond
        figure.add_scatter(
            x=[data.points[-1][0]],
            y=[data.points[-1][1]],
            mode="markers",
            hoverinfo="skip",
            marker={"size": 9, "color": "var(--ink)", "line": {"color": "var(--surface)", "width": 2}},
        )
    return figure


def _is_short(data: KpiLine) -> bool:
    """Less than about three months need the day on the axis."""
    return (
        len(data.points) < 2
        or (int(data.points[-1][0][:4]) * 12 + int(data.points[-1][0][5:7]))
        - (int(data.points[0][0][:4]) * 12 + int(data.points[0][0][5:7]))
        < 3
    )


def _ends(data: KpiLine) -> tuple[float, ...]:
    """The target, or both ends of its band."""
    return (data.target,) if data.target_high is None else (data.target, data.target_high)


def _window(data: KpiLine) -> tuple[float, float]:
    values = [value for _at, value in data.points] + [data.baseline, *_ends(data)]
    low, high = min(values), max(values)
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _room_for_words(data: KpiLine) -> int:
    """Pixels beside the plot for the longest label; past a limit the plot would suffer more than the label."""
    longest = max(len(label) for label in (data.baseline_label, data.target_label, data.now_label))
    return min(190, max(104, round(LETTER_PX * longest) + 16))


def _words(data: KpiLine, height: float) -> list[dict]:
    """Labels at the right edge, pushed apart where they would lie on each other."""
    wanted = [
        (data.baseline, legible(data.baseline_label), "ink-3"),
        (_ends(data)[-1], legible(data.target_label), "good"),
    ]
    if data.points:
        wanted.append((data.points[-1][1], f"<b>{legible(data.now_label)}</b>", "ink"))
    apart, words, last = height * 0.065, [], None
    for value, text, colour in sorted(wanted, key=lambda label: label[0]):
        at = value if last is None else max(value, last + apart)
        words.append(note(text, 1, at, colour=colour, xref="paper", xanchor="left", xshift=8))
        last = at
    return words
