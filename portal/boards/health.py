"""How a project is doing: computed from money, KPI and dates, never typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from outcomes.kpi_status import Figure, State
from portal.boards.plan import TOLERATED_DAYS, Lateness
from portal.wording import day, in_unit, percent
from projects.models import Project, Station

NEARLY_USED = 0.9
BEHIND = 0.5
ORDER = {"bad": 0, "warn": 1, "": 2, "good": 3}


@dataclass(frozen=True)
class Health:
    """A state in an icon, a word and a tone, and the reason in a sentence."""

    tone: str
    word: str
    symbol: str
    reason: str

    @property
    def rank(self) -> int:
        return ORDER[self.tone]


def health_of(
    *,
    planned: int,
    used: int,
    reached: float | None,
    due_on: date | None,
    station: Station,
    today: date,
    status: str = Project.Status.ACTIVE,
    ended_on: date | None = None,
    late: Lateness | None = None,
    kpis: Sequence[Figure] = (),
) -> Health:
    """The gravest thing that is true. `used` is spent and reserved, `reached` the way to the KPI target.

    `late` is the point of the plan that is expected farthest behind its day. Any of the KPIs that is beyond a limit of
    its running target counts."""
    if ended_on is not None:
        return _ended(status, ended_on)
    near_the_end = station.position >= Station.DEPLOYMENT.position
    has_models = station.position >= Station.TRAINING.position  # before that nothing of ours can have moved the KPI
    met = reached is not None and reached >= 1
    if used > planned:
        share = percent(used / planned) if planned else _("more than nothing")
        return Health("bad", _("Over budget"), "stopsign", _("has used %(share)s of its budget") % {"share": share})
    if due_on is not None and due_on < today and not met:
        days = (today - due_on).days
        return Health("bad", _("Overdue"), "stopsign", _("is %(days)s days past its due date") % {"days": days})
    if red := _first(kpis, State.RED):
        return Health("bad", _("KPI red"), "stopsign", _beyond(red, _("red")))
    if status == Project.Status.ON_HOLD:
        return Health("", _("On hold"), "pause", _("rests until a manager resumes it"))
    if reached is not None and has_models and (reached < 0 or (near_the_end and reached < BEHIND)):
        reason = (
            _("moved its KPI the wrong way")
            if reached < 0
            else _("has come %(share)s of the way to its KPI target") % {"share": percent(reached)}
        )
        return Health("warn", _("KPI behind"), "alert", reason)
    if amber := _first(kpis, State.AMBER):
        return Health("warn", _("KPI amber"), "alert", _beyond(amber, _("amber")))
    if late is not None and late.days > TOLERATED_DAYS:
        figures = {"name": late.name, "days": late.days}
        return Health("warn", _("Late"), "clock", _("expects %(name)s %(days)s days after the plan") % figures)
    if planned and used >= NEARLY_USED * planned and not met:
        return Health(
            "warn",
            _("Budget nearly used"),
            "alert",
            _("has used %(share)s of its budget") % {"share": percent(used / planned)},
        )
    if not planned and reached is None:
        return Health("", _("No plan yet"), "clock", _("has neither budget nor KPI"))
    return Health("good", _("On track"), "check", _("is inside its budget, KPI and dates"))


def _first(kpis: Sequence[Figure], state: State) -> Figure | None:
    return next((figure for figure in kpis if figure.status.state == state), None)


def _beyond(figure: Figure, light: str) -> str:
    unit, status = figure.kpi.unit, figure.status
    words = {
        "kpi": figure.kpi.name,
        "value": in_unit(status.value, unit),
        "light": light,
        "limit": in_unit(status.limit, unit),
        "gone": percent(figure.share),
    }
    if figure.share < 1:
        return _("has “%(kpi)s” at %(value)s, %(light)s beyond %(limit)s with %(gone)s of its period gone") % words
    return _("has “%(kpi)s” at %(value)s, %(light)s beyond %(limit)s in this period") % words


def _ended(status: str, ended_on: date) -> Health:
    if status == Project.Status.KILLED:
        return Health("", _("Killed"), "stop", _("was killed on %(day)s") % {"day": day(ended_on)})
    return Health("", _("Completed"), "check", _("was completed on %(day)s") % {"day": day(ended_on)})
