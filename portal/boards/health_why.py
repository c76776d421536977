"""Why a project is called what it is called: each rule in its order, with the fact that it was held against."""

from collections.abc import Callable, Mapping
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from outcomes.kpi_status import State
from portal.boards.health import BEHIND, NEARLY_USED, RULES
from portal.boards.plan import TOLERATED_DAYS, late_words
from portal.boards.rows import ProjectRow
from portal.wording import money_minor, percent
from projects.models import Project, Station


def explain_health(row: ProjectRow, on: date | None) -> Explanation:
    """The first rule that holds gives the word; the ones behind it are told all the same."""
    found = {name: rule(row.standing) for name, rule in RULES.items()}
    decisive = next((name for name, health in found.items() if health), None)
    words = {name: _("decides") if name == decisive else _("holds too") for name, health in found.items() if health}
    titles = _titles()
    terms = [Term("", titles[name], HELD_AGAINST[name](row), words.get(name, _("does not hold"))) for name in RULES]
    return Explanation(
        _("Why “%(project)s” is %(word)s") % {"project": row.project.title, "word": row.health.word},
        _("It %(reason)s") % {"reason": row.health.reason},
        (*terms, Term("=", _("Health"), "", row.health.word)),
        _facts(row, on),
        _("The rules are asked in this order; the first that holds gives the word. Where none holds, it is on track."),
    )


def _titles() -> dict[str, str]:
    """What each rule asks."""
    nearly, behind = percent(NEARLY_USED), percent(BEHIND)
    return {
        "ended": _("It has ended"),
        "over_budget": _("More is used than planned"),
        "overdue": _("Past its due date, before the KPI target"),
        "kpi_red": _("A KPI is red"),
        "on_hold": _("It is on hold"),
        "kpi_behind": _("The KPI went the wrong way, or from Deployment on not %(share)s of its way")
        % {"share": behind},
        "kpi_amber": _("A KPI is amber"),
        "condition_overdue": _("A condition of a go is overdue"),
        "late": _("More than %(n)d days behind its plan") % {"n": TOLERATED_DAYS},
        "nearly_used": _("%(share)s of its budget used, before the KPI target") % {"share": nearly},
        "no_plan": _("Neither budget nor KPI"),
    }


def _ended(row: ProjectRow) -> str:
    ended_on = row.standing.ended_on
    return _("ended on %(day)s") % {"day": _day(ended_on)} if ended_on else _("it runs")


def _used(row: ProjectRow) -> str:
    money = row.money
    return _("%(used)s spent, committed and reserved of %(planned)s") % {
        "used": money_minor(row.standing.used, money.currency, full=True),
        "planned": money_minor(row.standing.planned, money.currency, full=True),
    }


def _due(row: ProjectRow) -> str:
    due_on = row.standing.due_on
    if due_on is None:
        return _("it has no due date")
    return _("due on %(day)s, %(way)s") % {"day": _day(due_on), "way": _way(row)}


def _way(row: ProjectRow) -> str:
    if row.reached is not None:
        return _("%(share)s of the way to the KPI target") % {"share": percent(row.reached)}
    return _("KPI not measured") if row.kpi else _("no KPI")


def _behind(row: ProjectRow) -> str:
    station = str(Station(row.station).label)
    if row.standing.has_models:
        return _("%(way)s, at %(station)s") % {"way": _way(row), "station": station}
    return _("%(way)s, at %(station)s, before there are models") % {"way": _way(row), "station": station}


def _in_state(state: State) -> Callable[[ProjectRow], str]:
    def words(row: ProjectRow) -> str:
        kpis = row.standing.kpis
        named = ", ".join(f"“{figure.kpi.name}”" for figure in row.standing.in_state(state))
        count = ngettext("%(n)d KPI", "%(n)d KPIs", len(kpis)) % {"n": len(kpis)}
        return _("%(named)s of %(count)s") % {"named": named or _("none"), "count": count}

    return words


def _status(row: ProjectRow) -> str:
    return str(Project.Status(row.standing.status).label)


def _condition(row: ProjectRow) -> str:
    days = row.standing.condition_late
    return late_words(days) if days else _("none is overdue")


def _late(row: ProjectRow) -> str:
    late = row.standing.late
    return f"{late.name}: {late_words(late.days)}" if late else _("nothing is expected late")


def _share(row: ProjectRow) -> str:
    share = row.money.used_share
    used = _("nothing planned") if share is None else _("%(share)s used") % {"share": percent(share)}
    return f"{used}, {_way(row)}"


def _plan(row: ProjectRow) -> str:
    planned = money_minor(row.standing.planned, row.money.currency) if row.standing.planned else _("no budget")
    return f"{planned}, {_way(row)}"


HELD_AGAINST: Mapping[str, Callable[[ProjectRow], str]] = {
    "ended": _ended,
    "over_budget": _used,
    "overdue": _due,
    "kpi_red": _in_state(State.RED),
    "on_hold": _status,
    "kpi_behind": _behind,
    "kpi_amber": _in_state(State.AMBER),
    "condition_overdue": _condition,
    "late": _late,
    "nearly_used": _share,
    "no_plan": _plan,
}


def _facts(row: ProjectRow, on: date | None) -> tuple[Fact, ...]:
    """Where what the rules were held against is shown, of the same day."""
    project, day = row.project, f"?as_of={on.isoformat()}" if on else ""
    pages = {"project-budget": _("Budget"), "project-plan": _("Plan")}
    return (
        Fact(_("As of"), _day(row.standing.today)),
        Fact(_("Project"), f"{project.key} {project.title}", reverse("project", args=[project.key]) + day),
        *(Fact(word, _("open"), reverse(name, args=[project.key]) + day) for name, word in pages.items()),
        *(Fact(_("KPI"), figure.kpi.name, reverse("kpi", args=[figure.kpi.pk]) + day) for figure in row.standing.kpis),
    )


def _day(value: date | None) -> str:
    return date_format(value, "j M Y") if value else ""
