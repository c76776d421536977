"""How a project is doing: computed from money, KPI and dates, never typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


@dataclass(frozen=True)
class Standing:
    """What health is read from. `used` is spent, committed and reserved, `reached` the way to the KPI target.

    `late` is the point of the plan that is expected farthest behind its day. Any of the KPIs that is beyond a limit of
    its running target counts. `condition_late` is how many days the longest overdue condition of a go is late.
    """

    planned: int
    used: int
    reached: float | None
    due_on: date | None
    station: Station
    today: date
    status: str = Project.Status.ACTIVE
    ended_on: date | None = None
    late: Lateness | None = None
    kpis: Sequence[Figure] = ()
    condition_late: int = 0

    @property
    def is_met(self) -> bool:
        return self.reached is not None and self.reached >= 1

    @property
    def has_models(self) -> bool:
        """Before that nothing of ours can have moved the KPI."""
        return self.station.position >= Station.TRAINING.position

    @property
    def is_near_the_end(self) -> bool:
        return self.station.position >= Station.DEPLOYMENT.position

    def in_state(self, state: State) -> list[Figure]:
        return [figure for figure in self.kpis if figure.status.state == state]


def _ended(of: Standing) -> Health | None:
    if of.ended_on is None:
        return None
    words = {"day": day(of.ended_on)}
    if of.status == Project.Status.KILLED:
        return Health("", _("Killed"), "stop", _("was killed on %(day)s") % words)
    return Health("", _("Completed"), "check", _("was completed on %(day)s") % words)


def _over_budget(of: Standing) -> Health | None:
    if of.used <= of.planned:
        return None
    share = percent(of.used / of.planned) if of.planned else _("more than nothing")
    return Health("bad", _("Over budget"), "stopsign", _("has used %(share)s of its budget") % {"share": share})


def _overdue(of: Standing) -> Health | None:
    if of.due_on is None or of.due_on >= of.today or of.is_met:
        return None
    days = (of.today - of.due_on).days
    reason = ngettext("is %(days)s day past its due date", "is %(days)s days past its due date", days)
    return Health("bad", _("Overdue"), "stopsign", reason % {"days": days})


def _kpi_red(of: Standing) -> Health | None:
    red = of.in_state(State.RED)
    return Health("bad", _("KPI red"), "stopsign", _beyond(red[0], _("red"))) if red else None


def _on_hold(of: Standing) -> Health | None:
    if of.status != Project.Status.ON_HOLD:
        return None
    return Health("", _("On hold"), "pause", _("rests until a manager resumes it"))


def _kpi_behind(of: Standing) -> Health | None:
    if of.reached is None or not of.has_models:
        return None
    if of.reached < 0:
        return Health("warn", _("KPI behind"), "alert", _("moved its KPI the wrong way"))
    if not of.is_near_the_end or of.reached >= BEHIND:
        return None
    reason = _("has come %(share)s of the way to its KPI target") % {"share": percent(of.reached)}
    return Health("warn", _("KPI behind"), "alert", reason)


def _kpi_amber(of: Standing) -> Health | None:
    amber = of.in_state(State.AMBER)
    return Health("warn", _("KPI amber"), "alert", _beyond(amber[0], _("amber"))) if amber else None


def _condition_overdue(of: Standing) -> Health | None:
    if not of.condition_late:
        return None
    reason = ngettext(
        "has a condition of its gate open, %(days)s day past its due date",
        "has a condition of its gate open, %(days)s days past its due date",
        of.condition_late,
    )
    return Health("warn", _("Condition overdue"), "gate", reason % {"days": of.condition_late})


def _late(of: Standing) -> Health | None:
    if of.late is None or of.late.days <= TOLERATED_DAYS:
        return None
    figures = {"name": of.late.name, "days": of.late.days}
    return Health("warn", _("Late"), "clock", _("expects %(name)s %(days)s days after the plan") % figures)


def _nearly_used(of: Standing) -> Health | None:
    if not of.planned or of.used < NEARLY_USED * of.planned or of.is_met:
        return None
    reason = _("has used %(share)s of its budget") % {"share": percent(of.used / of.planned)}
    return Health("warn", _("Budget nearly used"), "alert", reason)


def _no_plan(of: Standing) -> Health | None:
    if of.planned or of.reached is not None:
        return None
    return Health("", _("No plan yet"), "clock", _("has neither budget nor KPI"))


RULES: Mapping[str, Callable[[Standing], Health | None]] = {
    "ended": _ended,
    "over_budget": _over_budget,
    "overdue": _overdue,
    "kpi_red": _kpi_red,
    "on_hold": _on_hold,
    "kpi_behind": _kpi_behind,
    "kpi_amber": _kpi_amber,
    "condition_overdue": _condition_overdue,
    "late": _late,
    "nearly_used": _nearly_used,
    "no_plan": _no_plan,
}


def health_of(standing: Standing) -> Health:
    """What the first rule that holds says: the gravest thing that is true."""
    for rule in RULES.values():
        if health := rule(standing):
            return health
    return Health("good", _("On track"), "check", _("is inside its budget, KPI and dates"))


def _beyond(figure: Figure, light: str) -> str:
    unit, status = figure.kpi.unit, figure.status
    words = {
        "kpi": figure.kpi.name,
        "value": in_unit(status.value, unit),
        "light": light,
        "limit": in_unit(status.limit, unit),
        "gone": percent(figure.share),
    }
    if status.target_high is not None:
        return _("has “%(kpi)s” at %(value)s, %(light)s from %(limit)s outside of its band on") % words
    if figure.share < 1:
        return _("has “%(kpi)s” at %(value)s, %(light)s beyond %(limit)s with %(gone)s of its period gone") % words
    return _("has “%(kpi)s” at %(value)s, %(light)s beyond %(limit)s in this period") % words
