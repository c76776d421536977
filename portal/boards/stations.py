"""The throughline of one project: six stations, each with the number that its rows give it, and its explanation."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact
from portal.boards.project import ProjectFacts
from portal.boards.readings import READINGS
from portal.wording import day
from projects.models import Station

NOTCHES = {
    Station.DEMAND: "2rem",
    Station.DATA: "16%",
    Station.TRAINING: "29%",
    Station.COMPRESSION: "42%",
    Station.DEPLOYMENT: "55%",
    Station.FEEDBACK: "68%",
}


@dataclass(frozen=True)
class Stop:
    """One station: its number, what that is, and the explanation behind it.

    `state`: done, here, next; `skipped` is a station that the project has passed although no row speaks of it.
    """

    station: Station
    state: str
    number: str
    what: str
    when: str
    explanation: Explanation
    branch: str = ""

    @property
    def notch(self) -> str:
        return NOTCHES[self.station]

    @property
    def dialog(self) -> str:
        return f"why-{self.station.value}"


def stops_of(facts: ProjectFacts) -> tuple[Stop, ...]:
    return tuple(_stop(facts, station) for station in Station)


def _stop(facts: ProjectFacts, station: Station) -> Stop:
    figure, what, when, found, branch = READINGS[station](facts)
    here = facts.row.station
    absent = figure == _("not yet")
    state = "here" if station is here else "next" if station.position > here.position else "done"
    if absent and state == "done":
        state, figure = "skipped", _("no record")
        title = _("%(station)s: passed without a record")
    else:
        title = _("%(station)s: nothing yet") if absent else _("Where %(figure)s comes from")
    subtitle = what[0].upper() + what[1:] if what else ""
    return Stop(
        station,
        state,
        figure,
        what,
        when,
        Explanation(
            title % {"station": station.label, "figure": figure}, subtitle, (), (*found, *_dates(facts, station))
        ),
        branch,
    )


def _dates(facts: ProjectFacts, station: Station) -> tuple[Fact, ...]:
    stage = facts.stages.get(station)
    dates = (
        (
            (_("Planned until"), stage.planned_finish),
            (_("Started"), stage.actual_start),
            (_("Finished"), stage.actual_finish),
        )
        if stage
        else ()
    )
    return tuple(Fact(label, day(when)) for label, when in dates if when)
