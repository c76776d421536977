"""The empty figure that every chart begins from, and the words on it. charts.js holds the template that dresses it."""

from typing import Any

import plotly.graph_objects as go

MILLIONS_FROM = 8e5  # the last tick of an axis lies above its largest amount: 1 M, never 1000 k


def canvas(**layout: Any) -> go.Figure:
    """A figure without Plotly's own template; colours in it are tokens, written var(--name) or var(--name/alpha)."""
    return go.Figure(layout={"template": {}, **layout})


def note(text: str, x: Any, y: Any, *, colour: str = "ink-3", **more: Any) -> dict[str, Any]:
    """Words beside a mark; those named `wide` stay away from a phone."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"color": f"var(--{colour})", "size": 11}, **more}


def above_axis(text: str, *, left: int = 36) -> dict[str, Any]:
    """The name or the unit of the vertical axis: it stands level above the figures of the axis, never on its side."""
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return note(text, 0, 1, xshift=-left, yshift=6, **place)


def level(y: float, *, colour: str, dash: str = "solid") -> dict[str, Any]:
    """A horizontal line over the whole width: an approved limit, a baseline, a target."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "line": {"color": f"var(--{colour})", "width": 1, "dash": dash},
    }


def legible(text: str) -> str:
    """Words of a user inside Plotly's own small HTML: its tags, entities and %{fields} are taken literally."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "%&#123;")


def scale(values: list[float]) -> tuple[float, str]:
    """The divisor and the suffix that keep the ticks of an axis of money short."""
    largest = max((abs(value) for value in values), default=0)
    return (1e6, "M") if largest >= MILLIONS_FROM else (1e3, "k") if largest >= 1e4 else (1.0, "")


def in_short(amount: float) -> str:
    """An amount beside its mark as boards write it: `1.49 M`, `412k`, `3,400`."""
    size = abs(amount)
    figures = f"{amount / 1e6:,.2f}\u00a0M" if size >= 999_500 else f"{amount / 1e3:,.0f}k" if size >= 9_950 else ""
    return (figures or f"{amount:,.0f}").replace("-", "\u2212")
