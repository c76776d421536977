"""The portfolio board: its panels, and the question where the value is."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.money import to_decimal
from portal.boards.after_risk import HORIZON_MONTHS, Prospect
from portal.boards.board import Board, Finding, Panel
from portal.boards.burn import burn_question
from portal.boards.charts.bubbles import Bubble, Bubbles, bubbles
from portal.boards.charts.burn import burn
from portal.boards.facts import PortfolioFacts
from portal.boards.rows import ProjectRow
from portal.wording import count_of, in_front, money_minor, percent

MOST = 0.6  # this share of the value counts as "most of it"
DRAWN = 200  # bubbles; more hide each other
NAMED = 5  # so many are named where they are not drawn


Shown = tuple[ProjectRow, Prospect]


def worth_question(facts: PortfolioFacts) -> Finding:
    """Which projects carry the value, and how sure is it that they succeed?"""
    rows = [(row, facts.prospects.get(row.project.pk)) for row in facts.rows]
    shown = sorted(((row, prospect) for row, prospect in rows if prospect), key=lambda pair: -abs(pair[1].after_risk()))
    drawn = shown[:DRAWN]
    data = Bubbles(
        points=tuple(_bubble(row, prospect, facts.currency) for row, prospect in drawn),
        currency=facts.currency,
        value_label=_("Value after risk"),
        odds_label=_("Probability of success"),
        left_label=_("Still to spend"),
        way_label=_("Way to the KPI target"),
        hypothesis_label=_("hypothesis"),
        corners=(
            _("Small and likely: keep going"),
            _("Large and likely: push"),
            _("Small and unsure: question"),
            _("Large but unsure: test cheaply"),
        ),
    )
    return Finding(
        title=_worth_title(shown),
        how_to_read=_how_to_read(shown, [row for row, prospect in rows if not prospect]),
        alt=_("Bubble chart of %(n)s projects by value after risk and probability of success") % {"n": len(shown)},
        data=data if shown else None,
        columns=(
            _("Project"),
            _("Station"),
            _("Value after risk"),
            _("Probability of success"),
            _("Way to the target"),
            _("Still to spend"),
        ),
        rows=tuple(
            (
                row.project.title,
                str(row.station.label),
                money_minor(prospect.after_risk(), facts.currency),
                percent(prospect.p_percent / 100),
                _way(row),
                money_minor(row.money.left, row.money.currency),
            )
            for row, prospect in drawn
        ),
        absent=_("No project has a value yet"),
        hope=_(
            "Each project with a value contract and a finished run, or with a business case, would be a bubble here."
        ),
    )


def _how_to_read(shown: Sequence[Shown], absent: Sequence[ProjectRow]) -> str:
    """What is drawn how, and who is not drawn: a few by name, many by their number."""
    words = [
        _("Net value of %(n)d months by its probability, less the money still to spend, which is the area.")
        % {"n": HORIZON_MONTHS},
        _("A stage that nobody assessed counts as certain."),
        _("Hollow: not signed, or only expected."),
    ]
    if shown and 0 < len(absent) <= NAMED:
        keys = ", ".join(row.project.key for row in absent)
        words.append(_("Not drawn, without value or business case: %(keys)s.") % {"keys": keys})
    elif shown and absent:
        words.append(_("%(n)s projects without value or business case are not drawn.") % {"n": len(absent)})
    if len(shown) > DRAWN:
        words.append(_("The %(n)s of most value are drawn.") % {"n": DRAWN})
    return " ".join(words)


def _bubble(row: ProjectRow, prospect: Prospect, currency: str) -> Bubble:
    return Bubble(
        row.project.title,
        float(to_decimal(prospect.after_risk(), currency)),
        prospect.p_percent / 100,
        float(to_decimal(row.money.left, currency)),
        row.station.position + 1,
        _way(row),
        not (prospect.is_measured and row.value and not row.value.is_hypothesis),
        row.health.tone == "bad",
    )


def _way(row: ProjectRow) -> str:
    return percent(row.reached) if row.reached is not None else _("not measured")


def _worth_title(shown: Sequence[Shown]) -> str:
    """The few that carry most of the value after risk, and how sure the largest is."""
    ranked = [(row, prospect) for row, prospect in shown if prospect.after_risk() > 0]
    total = sum(prospect.after_risk() for _row, prospect in ranked)
    if not total:
        return _("No value yet")
    carried, carriers = 0, 0
    while carried < MOST * total:
        carried += ranked[carriers][1].after_risk()
        carriers += 1
    first, prospect = ranked[0]
    figures = {
        "carriers": in_front(count_of(carriers, _("project carries"), _("projects carry"))),
        "share": percent(carried / total),
        "name": first.project.title,
        "odds": percent(prospect.p_percent / 100),
    }
    if carriers == 1:
        text = _("%(name)s carries %(share)s of the value after risk; its probability of success is %(odds)s")
    else:
        text = _("%(carriers)s %(share)s of the value after risk; the largest, %(name)s, succeeds with %(odds)s")
    return text % figures


BOARD = Board(
    slug="portfolio",
    title=gettext_lazy("Portfolio"),  # type: ignore[arg-type]
    panels=(
        Panel("worth", worth_question, bubbles, span=7, height="330px"),
        Panel("burn", burn_question, burn, span=7, height="300px"),
    ),
)
