"""The portfolio on paper: one PDF of what the board says, drawn from the same facts; and what every report is made of.

Every PDF reader has Helvetica, which knows the letters of Western Europe alone. Where a name needs others, the report
is set in DejaVu Sans if the system has it, and otherwise each letter that cannot be drawn is shown as "?".
"""

import html
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.lineplots import LinePlot
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from portal.boards.board import Finding
from portal.boards.burn import burn_question
from portal.boards.charts.burn import Burn
from portal.boards.facts import PortfolioFacts
from portal.boards.headline import headline_of
from portal.boards.listing import ordered
from portal.boards.rows import ProjectRow
from portal.boards.tiles import Tile, tiles_of
from portal.wording import MINUS, day, money_minor, percent

INK, GREY, RULE = HexColor("#1a1a1a"), HexColor("#5f5f5f"), HexColor("#c9c9c9")
TONES = {"bad": HexColor("#a3160f"), "warn": HexColor("#8a5a00"), "good": HexColor("#1d6b34")}
PLAIN, WIDE = ("Helvetica", "Helvetica-Bold"), ("DejaVuSans", "DejaVuSans-Bold")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # a frame keeps 6 points free on each side
MOST_ROWS = 400
FINE_PX = 7.5


class Ink:
    """The fonts that a report is set in, and text as they can draw it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.fonts = PLAIN if all(map(_is_western, texts)) else _wide_fonts()

    def clean(self, text: Any) -> str:
        words = html.unescape(strip_tags(str(text))).replace(MINUS, "–")
        return words if self.fonts == WIDE else words.encode("cp1252", "replace").decode("cp1252")

    def paragraph(
        self, text: Any, size: float = 9.5, *, bold: bool = False, colour: Any = INK, right: bool = False
    ) -> Any:
        style = ParagraphStyle(
            "text", fontName=self.fonts[bold], fontSize=size, leading=size * 1.35, textColor=colour, alignment=2 * right
        )
        return Paragraph(html.escape(self.clean(text)), style)


def _is_western(text: str) -> bool:
    try:
        text.replace(MINUS, "–").encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _wide_fonts() -> tuple[str, str]:
    try:
        for name in WIDE:
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    except TTFError:
        return PLAIN
    return WIDE


def report_of(facts: PortfolioFacts) -> bytes:
    """The portfolio as of the day of the facts."""
    headline, tiles, burn = headline_of(facts), tiles_of(facts), burn_question(facts)
    rows = ordered(facts.rows, "-value")
    ink = Ink([headline, burn.title, *(row.project.title + str(row.project.lead) for row in rows)])
    title = _("Portfolio report")
    story = [*head_of(headline, tiles, ink), *burn_of(burn, ink), *projects_of(rows, ink)]
    return document(title, as_of_words(facts.on, facts.today), story, ink)


def head_of(headline: str, tiles: Iterable[Tile], ink: Ink) -> list[Any]:
    """What it comes to, in a sentence and in key figures."""
    return [
        ink.paragraph(headline, 12.5),
        Spacer(0, 5 * mm),
        _figures([(tile.name, f"{tile.value} {tile.unit}".strip(), tile.goal) for tile in tiles], ink),
        Spacer(0, 6 * mm),
    ]


def burn_of(burn: Finding, ink: Ink) -> list[Any]:
    """Where the money goes, where there is any."""
    if not isinstance(burn.data, Burn):
        return []
    return [ink.paragraph(burn.title, 11, bold=True), _lines(burn.data, ink), Spacer(0, 4 * mm)]


def document(title: str, as_of: str, parts: Sequence[Any], ink: Ink) -> bytes:
    """The pages: the title, the day, and what there is to say."""
    story = [ink.paragraph(title, 18, bold=True), ink.paragraph(as_of, 9, colour=GREY), Spacer(0, 4 * mm), *parts]
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title
    )
    foot = ink.clean(f"Throughline · {title} · {as_of}")
    document.build(story, canvasmaker=_numbered(foot, ink.fonts[0]))
    return file.getvalue()


def as_of_words(on: date | None, today: date) -> str:
    if on:
        return _("As of the end of %(day)s: what was known then") % {"day": on.isoformat()}
    return _("As of %(day)s") % {"day": today.isoformat()}


def _figures(figures: Sequence[tuple[str, str, str]], ink: Ink) -> Table:
    """The key figures side by side."""
    cells = [
        [ink.paragraph(name, FINE_PX, colour=GREY) for name, _value, _goal in figures],
        [ink.paragraph(value, 12, bold=True) for _name, value, _goal in figures],
        [ink.paragraph(goal, FINE_PX, colour=GREY) for _name, _value, goal in figures],
    ]
    return Table(
        cells,
        colWidths=[WIDTH / len(figures)] * len(figures),
        style=[
            ("LINEABOVE", (0, 0), (-1, 0), 0.5, RULE),
            ("LINEBELOW", (0, -1), (-1, -1), 0.5, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ],
    )


def _lines(data: Burn, ink: Ink) -> Drawing:
    """Money spent and planned over time, with the approved limit; vectors, so that it prints sharp."""
    lines = [(data.spent_label, data.spent, INK, 1.6), (data.plan_label, data.plan, GREY, 0.8)]
    lines = [line for line in lines if len(line[1]) > 1]
    days = [date.fromisoformat(each).toordinal() for _label, points, *_rest in lines for each, _amount in points]
    if not days or min(days) == max(days):
        return Drawing(0, 0)
    level = (
        (date.fromordinal(min(days)).isoformat(), data.approved),
        (date.fromordinal(max(days)).isoformat(), data.approved),
    )
    lines.append((data.approved_label, level, TONES["warn"], 0.8))
    drawing, plot = Drawing(WIDTH, 62 * mm), LinePlot()
    plot.x, plot.y, plot.width, plot.height = 42, 22, WIDTH - 130, 62 * mm - 34
    plot.data = [
        [(date.fromisoformat(each).toordinal(), amount) for each, amount in points] for _label, points, *_rest in lines
    ]
    for index, (_label, _points, colour, width) in enumerate(lines):
        plot.lines[index].strokeColor, plot.lines[index].strokeWidth = colour, width
    plot.lines[len(lines) - 1].strokeDashArray = (3, 2)
    highest = max(amount for line in plot.data for _day, amount in line)
    plot.yValueAxis.valueMin, plot.yValueAxis.valueMax = 0, highest * 1.06 or 1
    plot.yValueAxis.labelTextFormat = _short_amount
    plot.xValueAxis.labelTextFormat = _month
    plot.xValueAxis.maximumTicks, plot.yValueAxis.maximumTicks = 7, 6
    for axis in (plot.xValueAxis, plot.yValueAxis):
        axis.strokeColor, axis.strokeWidth = RULE, 0.5
        axis.labels.fontName, axis.labels.fontSize, axis.labels.fillColor = ink.fonts[0], FINE_PX, GREY
    drawing.add(plot)
    key = Legend()
    key.x, key.y, key.fontName, key.fontSize = WIDTH - 76, 62 * mm - 16, ink.fonts[0], FINE_PX
    key.dxTextSpace, key.dx, key.dy, key.deltay, key.strokeWidth = 5, 10, 1.5, 11, 0
    key.alignment, key.strokeColor = "right", None
    key.colorNamePairs = [(colour, ink.clean(label)) for label, _points, colour, _width in lines]
    drawing.add(key)
    return drawing


def _short_amount(value: float) -> str:
    for size, letter in ((1_000_000, " M"), (1000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _month(ordinal: float) -> str:
    return date.fromordinal(round(ordinal)).strftime("%Y-%m")


def projects_of(rows: Sequence[ProjectRow], ink: Ink) -> list[Any]:
    """The projects, the most valuable first, over as many pages as they need."""
    title = ngettext("%(n)s project", "%(n)s projects", len(rows)) % {"n": len(rows)}
    words = (_("Project"), _("Station"), _("Health"), _("Spent"), _("Planned"), _("To target"), _("Net value a year"))
    widths = (0.3, 0.12, 0.14, 0.11, 0.11, 0.08, 0.14)
    story = table(title, words, widths, [_cells(row, ink) for row in rows[:MOST_ROWS]], ink, figures_from=3)
    if len(rows) > MOST_ROWS:
        more = _("The %(n)s most valuable are listed; the export has them all.") % {"n": MOST_ROWS}
        story.append(ink.paragraph(more, FINE_PX, colour=GREY))
    return story


def table(
    title: str, words: Sequence[str], shares: Sequence[float], cells: Sequence[Any], ink: Ink, *, figures_from: int
) -> list[Any]:
    """A table with its title; what is text becomes a cell, figures from a column on at the right."""
    story = [ink.paragraph(title, 11, bold=True), Spacer(0, 2 * mm)]
    if not cells:
        return story
    head = [ink.paragraph(word, FINE_PX, colour=GREY, right=at >= figures_from) for at, word in enumerate(words)]
    drawn = [
        [
            ink.paragraph(cell, 8.5, right=at >= figures_from) if isinstance(cell, str) else cell
            for at, cell in enumerate(row)
        ]
        for row in cells
    ]
    style = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    widths = [share * WIDTH for share in shares]
    return [*story, Table([head, *drawn], colWidths=widths, style=style, repeatRows=1), Spacer(0, 5 * mm)]


def _cells(row: ProjectRow, ink: Ink) -> list[Any]:
    worth = money_minor(row.net_minor, row.value.currency) if row.value else _("none yet")
    if row.value and row.value.is_hypothesis:
        worth = _("%(amount)s (hypothesis)") % {"amount": worth}
    due = f", {_('due')} {day(row.project.due_on)}" if row.project.due_on else ""
    return [
        [
            ink.paragraph(row.project.title, 8.5, bold=True),
            ink.paragraph(f"{row.project.key} · {row.project.lead}{due}", FINE_PX, colour=GREY),
        ],
        str(row.station.label),
        ink.paragraph(row.health.word, 8.5, colour=TONES.get(row.health.tone, GREY)),
        str(money_minor(row.money.spent, row.money.currency)),
        str(money_minor(row.money.planned, row.money.currency)),
        percent(row.reached) if row.reached is not None else "–",
        str(worth),
    ]


def _numbered(foot: str, font: str) -> Callable[..., Canvas]:
    """A canvas that knows, when it ends, how many pages there are."""

    class Numbered(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont(font, FINE_PX)
                self.setFillColor(GREY)
                self.drawString(MARGIN + 6, 10 * mm, foot)
                self.drawRightString(A4[0] - MARGIN - 6, 10 * mm, f"{number} / {len(self._pages)}")
                super().showPage()
            super().save()

    return Numbered
