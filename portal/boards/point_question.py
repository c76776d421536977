"""Where a point of quality costs least, in a chart of the rows of the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance.money import MICRO
from portal.boards.board import Finding, Panel
from portal.boards.charts.points import PointBars, height_of, point_bars
from portal.boards.cost_per_point import PointCost
from portal.templatetags.throughline import why

MOST_BARS = 12


@dataclass(frozen=True)
class Points:
    """The rows of the board, and the past day that they are as of."""

    rows: Sequence[PointCost]
    on: date | None = None

    def explained_at(self, row: PointCost) -> str:
        address = reverse("explain-point", args=[row.key, row.recipe])
        return f"{address}?as_of={self.on.isoformat()}" if self.on else address


def point_question(points: Points) -> Finding:
    """Where does better quality cost least? Only points of a share are drawn: other metrics count in other units."""
    priced = [(row.micro_a_point, row) for row in points.rows if row.is_share and row.micro_a_point is not None]
    drawn = sorted(priced, key=lambda pair: (pair[0], pair[1].key, pair[1].recipe))[:MOST_BARS]
    title = alt = _("No point of a share has a price yet")
    if drawn:
        best = drawn[0][1]
        text = (
            _("A point costs least in {key} with {recipe}: {price}")
            if len(drawn) > 1
            else _("Only {key} with {recipe} has a price of a point of a share: {price}")
        )
        facts = {"key": best.key, "recipe": best.recipe_title}
        alt = text.format(**facts, price=best.price_words)
        title = format_html(text, **facts, price=why(points.explained_at(best), best.price_words))
    bars = tuple((f"{row.key} · {row.recipe_title}", micro / MICRO, row.price_words) for micro, row in drawn)
    return Finding(
        title=title,
        how_to_read=_how_to_read(len(priced)),
        alt=_("Bar chart by project and recipe: %(finding)s") % {"finding": alt},
        data=PointBars(bars, settings.CURRENCY) if bars else None,
        columns=(_("Project"), _("Recipe"), _("Gained"), _("All jobs"), _("A point")),
        rows=tuple(
            (row.key, row.recipe_title, row.gain_words, row.cost_words, row.price_words) for _micro, row in drawn
        ),
        absent=_("Nothing to compare yet"),
        hope=_("Each project and recipe whose best run beat its first would have a bar here."),
        height=height_of(len(bars)),
    )


def _how_to_read(count: int) -> str:
    """Which of them are drawn, and which are left to the table."""
    shown = _("Price of a point, the best first; shorter is better.")
    if count > MOST_BARS:
        words = {"most": MOST_BARS, "count": count}
        shown = _("Price of a point, the best %(most)s of %(count)s; shorter is better.") % words
    return shown + " " + _("Metrics that are no share count in their own unit and stand in the table only.")


POINT_PANEL = Panel("cost-per-point", point_question, point_bars, span=12, height="320px")
