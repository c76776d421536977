"""How far along the line the projects have come, and how much of their money gates have released or hold."""

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
    """One station: how many projects came this far, how many are here now, and their money, released and held."""

    station: Station
    reached: int
    here: int
    kept: str
    share: float
    released: str
    held: str
    released_why: str
    held_why: str

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
                money_minor(sums.released, facts.currency),
                money_minor(sums.held, facts.currency) if sums.held > 0 else "",
                facts.explained_at(f"released-{station.value}"),
                facts.explained_at(f"held-{station.value}"),
            )
        )
        before = reached
    return Funnel(_title(facts), tuple(steps))


def _title(facts: PortfolioFacts) -> str:
    """What gates have let through, and what waits behind them."""
    sums = row_sums(facts.rows, facts.currency)
    if not sums.planned:
        return _("No money is approved yet")
    amount = lambda what, minor: why(facts.explained_at(what), money_minor(minor, facts.currency))  # noqa: E731
    released = amount("released", sums.released)
    if sums.held <= 0:
        return format_html(_("{} released, nothing held behind gates"), released)
    return format_html(_("{} released, {} held behind gates"), released, amount("held", sums.held))
