"""What a board is made of: panels that each ask one question and draw one chart."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

Chart = Callable[[Any], go.Figure]


@dataclass(frozen=True)
class Finding:
    """The answer to a panel's question: its finding, how to read it, the chart's data and the table twin."""

    title: str
    how_to_read: str
    alt: str
    data: Hashable | None  # None: nothing to draw yet
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    absent: str = ""
    hope: str = ""
    height: str = ""  # where it follows from the data; else the panel says it


@dataclass(frozen=True)
class Panel:
    """One question and the chart that answers it; `span` counts twelfths of the page."""

    slug: str
    question: Callable[[Any], Finding]
    chart: Chart
    span: int
    height: str = "280px"

    def answer(self, facts: Any) -> "Answer":
        return Answer.of(self, self.question(facts))


@dataclass(frozen=True)
class Answer:
    """A panel with its finding and its figure, ready for `components/panel.html`."""

    panel: Panel
    finding: Finding
    figure: str

    @property
    def height(self) -> str:
        return self.finding.height or self.panel.height

    @classmethod
    def of(cls, panel: Panel, finding: Finding) -> "Answer":
        return cls(panel, finding, figure_json(panel.chart, finding.data) if finding.data is not None else "")


@dataclass(frozen=True)
class Board:
    """A page of panels that share one set of facts."""

    slug: str
    title: str
    panels: tuple[Panel, ...]

    def answers(self, facts: Any) -> dict[str, Answer]:
        return {panel.slug: panel.answer(facts) for panel in self.panels}


@lru_cache(maxsize=512)
def figure_json(chart: Chart, data: Hashable) -> str:
    """The figure as JSON. Drawing costs milliseconds and depends on the data alone, so equal data is drawn once."""
    return chart(data).to_json()
