"""The portfolio board: its panels, and the question where the value is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from finance.money import to_decimal
from outcomes.value import Value
from portal.boards.board import Board, Finding, Panel
from portal.boards.burn import burn_question
from portal.boards.charts.bubbles import Bubble, Bubbles, bubbles
from portal.boards.charts.burn import burn
from portal.boards.facts import PortfolioFacts
from portal.boards.rows import ProjectRow
from portal.wording import count_of, in_front, money_minor, percent

MOST = 0.6  # this share of the value counts as "most of it"
DRAWN = 200  # bubbles; more hide each other


def worth_question(facts: PortfolioFacts) -> Finding:
    """Which projects carry the value, and how near are they to their targets?"""
    shown = [
        row for row in facts.rows if row.value and row.value.currency == facts.currency and row.reached is not None
    ]
    absent, left_out = len(facts.rows) - len(shown), max(0, len(shown) - DRAWN)
    drawn = sorted(shown, key=lambda row: -abs(row.net_minor or 0))[:DRAWN]
    how = _("Area: money still to spend. Colour: station reached. Hollow: hypothesis, not signed.")
    if absent and shown:
        how += " " + ngettext(
            "%(n)s project without value or measurement is not drawn.",
            "%(n)s projects without value or measurement are not drawn.",
            absent,
        ) % {"n": absent}
    if left_out:
        how += " " + _("The %(n)s of most value are drawn.") % {"n": DRAWN}
    data = Bubbles(
        points=tuple(_bubble(row, row.value) for row in drawn if row.value),
        currency=facts.currency,
        value_label=_("Net value a year"),
        reached_label=_("Way to the KPI target"),
        left_label=_("Still to spend"),
        hypothesis_label=_("hypothesis"),
        corners=(
            _("Small, target near: finish"),
            _("Large, target near: roll out"),
            _("Small, target far: question"),
            _("Large, target far: push"),
        ),
    )
    return Finding(
        title=_worth_title(shown),
        how_to_read=how,
        alt=_("Bubble chart of %(n)s projects by net value a year and way to the KPI target") % {"n": len(shown)},
        data=data if shown else None,
        columns=(_("Project"), _("Station"), _("Net value a year"), _("Way to the target"), _("Still to spend")),
        rows=tuple(
            (
                row.project.title,
                str(row.station.label),
                money_minor(row.net_minor, facts.currency),
                percent(row.reached),
                money_minor(row.money.left, row.money.currency),
            )
            for row in drawn
        ),
        absent=_("No project has a value and a measured KPI yet"),
        hope=_("Each project with a value contract, a finished run and a measurement would be a bubble here."),
    )


def _bubble(row: ProjectRow, value: Value) -> Bubble:
    return Bubble(
        row.project.title,
        float(to_decimal(value.net_minor, value.currency)),
        round(row.reached or 0, 4),
        float(to_decimal(row.money.left, row.money.currency)),
        row.station.position + 1,
        value.is_hypothesis,
        row.health.tone == "bad",
    )


def _worth_title(rows: list[ProjectRow]) -> str:
    """The few that carry most of the value, and how near the largest is to its target."""
    ranked = sorted((row for row in rows if (row.net_minor or 0) > 0), key=lambda row: -(row.net_minor or 0))
    total = sum(row.net_minor or 0 for row in ranked)
    if not total:
        return _("No value yet")
    carried, carriers = 0, 0
    while carried < MOST * total:
        carried += ranked[carriers].net_minor or 0
        carriers += 1
    first = ranked[0]
    figures = {
        "carriers": in_front(count_of(carriers, _("project carries"), _("projects carry"))),
        "share": percent(carried / total),
        "name": first.project.title,
        "reached": percent(first.reached),
    }
    if carriers == 1:
        return _("%(name)s carries %(share)s of the value and has gone %(reached)s of the way to its target") % figures
    return (
        _("%(carriers)s %(share)s of the value; %(name)s, the largest, has gone %(reached)s of the way to its target")
        % figures
    )


BOARD = Board(
    slug="portfolio",
    title=gettext_lazy("Portfolio"),  # type: ignore[arg-type]
    panels=(
        Panel("worth", worth_question, bubbles, span=7, height="330px"),
        Panel("burn", burn_question, burn, span=7, height="300px"),
    ),
)
