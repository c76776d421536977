"""The empty figure that every chart begins from, and the words on it. charts.js holds the template that dresses it."""

from typing import Any

import plotly.graph_objects as go


def canvas(**layout: Any) -> go.Figure:
    """A figure without Plotly's own template; colours in it are tokens, written var(--name) or var(--name/alpha)."""
    return go.Figure(layout={"template": {}, **layout})


def note(text: str, x: Any, y: Any, *, colour: str = "ink-3", **more: Any) -> dict[str, Any]:
    """Words beside a mark; those named `wide` stay away from a phone."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"color": f"var(--{colour})", "size": 11}, **more}


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
    return (1e6, "M") if largest >= 1e6 else (1e3, "k") if largest >= 1e4 else (1.0, "")
