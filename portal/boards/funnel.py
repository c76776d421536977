"""How far along the line the projects have come, and how much money stands at each station."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.translation import gettext as _

from portal.boards.facts import PortfolioFacts
from portal.boards.rows import row_sums
from portal.templatetags.throughline import why
from portal.wording import money_minor, percent
from projects.models import Station


@dataclass(frozen=True)
class Step:
    """One station: how many projects came this far, how many are here now, and their money."""

    station: Station
    reached: int
    here: int
    kept: str
    share: float
    spent: str
    left: str
    spent_why: str
    left_why: str

    @property
    def stage(self) -> int:
        return self.station.position + 1


@dataclass(frozen=True)
class Funnel:
    title: str
    steps: tuple[Step, ...]


def funnel_of(facts: PortfolioFacts) -> Funnel:
    """The six stations from the top down."""
    steps: list[Step] = []
    before = 0
    for station in Station:
        here = [row for row in facts.rows if row.station is station]
        reached = sum(row.station.position >= station.position for row in facts.rows)
        sums = row_sums(here, facts.currency)
        steps.append(
            Step(
                station,
                reached,
                len(here),
                percent(reached / before) if before else "",
                reached / len(facts.rows) if facts.rows else 0.0,
                money_minor(sums.spent, facts.currency),
                money_minor(sums.left, facts.currency),
                facts.explained_at(f"budget-{station.value}"),
                facts.explained_at(f"left-{station.value}"),
            )
        )
        before = reached
    return Funnel(_title(facts), tuple(steps))


def _title(facts: PortfolioFacts) -> str:
    """Where the largest part of the money that is still to spend stands."""
    rows, currency = facts.rows, facts.currency
    left = {station: row_sums([row for row in rows if row.station is station], currency).left for station in Station}
    most = max(left, key=lambda station: left[station])
    total = sum(left.values())
    if left[most] <= 0 or total <= 0:
        return _("No money is left to spend")
    return format_html(
        _("{} is still to spend, the largest part at {} ({})"),
        why(facts.explained_at("left"), money_minor(total, currency)),
        most.label,
        money_minor(left[most], currency),
    )
