"""The list of projects: filter and page in SQL, order, totals, and the same rows to take along."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.rows import Money, ProjectRow, row_sums, value_sum
from portal.boards.then import RUNNING
from portal.export import Column, Table
from portal.search import typed
from projects.models import Project, Station
from projects.querysets import ProjectQuerySet

EVERY_STATUS = "all"
PORTFOLIO = re.compile(r"[0-9]{1,18}")
KEYS: dict[str, Callable[[ProjectRow], Any]] = {
    "project": lambda row: row.project.title.casefold(),
    "station": lambda row: row.station.position,
    "health": lambda row: row.health.rank,
    "budget": lambda row: row.money.used_share if row.money.used_share is not None else -1,
    "target": lambda row: row.reached if row.reached is not None else float("-inf"),
    "value": lambda row: row.net_minor if row.net_minor is not None else float("-inf"),
    "left": lambda row: row.money.left,
}
SQL_ORDERS = {"project": "title", "key": "key", "since": "started_on", "due": "due_on"}


@dataclass(frozen=True)
class Totals:
    count: int
    good: int
    warn: int
    bad: int
    money: Money
    value_minor: int


def filtered(projects: ProjectQuerySet, query: dict[str, str]) -> QuerySet[Project]:
    """Projects by words, station, portfolio and status; ended ones only when asked for."""
    words = typed(query.get("q", ""))
    if words:
        projects = projects.filter(Q(title__icontains=words) | Q(key__iexact=words) | Q(summary__icontains=words))
    if query.get("station"):
        projects = projects.filter(station=typed(query["station"]))
    if PORTFOLIO.fullmatch(query.get("portfolio", "")):
        projects = projects.filter(portfolio=int(query["portfolio"]))
    status = typed(query.get("status", ""))
    if not status:
        return projects.running()
    if status != EVERY_STATUS:
        projects = projects.filter(status=status)
    return projects


def filtered_then(projects: Iterable[Project], query: dict[str, str]) -> list[Project]:
    """Projects of a past day, by the same words, station, portfolio and status as they were on it."""
    words, station, status = (typed(query.get(name, "")) for name in ("q", "station", "status"))
    portfolio = query.get("portfolio", "")
    statuses = [status] if status else RUNNING
    return [
        project
        for project in projects
        if (not words or project.key.casefold() == words.casefold() or _mentions(project, words))
        and (not station or project.station == station)
        and (not PORTFOLIO.fullmatch(portfolio) or project.portfolio_id == int(portfolio))
        and (status == EVERY_STATUS or project.status in statuses)
    ]


def _mentions(project: Project, words: str) -> bool:
    return words.casefold() in f"{project.title}\n{project.summary}".casefold()


def ordered_in_sql(projects: QuerySet[Project], sort: str) -> QuerySet[Project]:
    """Paged lists order by columns of the table itself."""
    name, back = sort.removeprefix("-"), sort.startswith("-")
    column = F(SQL_ORDERS.get(name, "title"))
    return projects.order_by(column.desc(nulls_last=True) if back else column.asc(nulls_last=True), "key")


def ordered_then(projects: Iterable[Project], sort: str) -> list[Project]:
    """Projects of a past day in the same order."""
    name, back = sort.removeprefix("-"), sort.startswith("-")
    value = attrgetter(SQL_ORDERS.get(name, "title"))
    by_key = sorted(projects, key=attrgetter("key"))
    told = [project for project in by_key if value(project) is not None]
    return sorted(told, key=value, reverse=back) + [project for project in by_key if value(project) is None]


def ordered(rows: Iterable[ProjectRow], sort: str) -> tuple[ProjectRow, ...]:
    """Rows of a board by any of their figures; ties by key."""
    name = sort.removeprefix("-")
    key = KEYS.get(name, KEYS["value"])
    by_key = sorted(rows, key=lambda row: row.project.key)
    return tuple(sorted(by_key, key=key, reverse=sort.startswith("-") or name not in KEYS))


def totals_of(rows: tuple[ProjectRow, ...], currency: str) -> Totals:
    tones = [row.health.tone for row in rows]
    return Totals(
        len(rows),
        tones.count("good"),
        tones.count("warn"),
        tones.count("bad"),
        row_sums(rows, currency),
        value_sum(rows, currency),
    )


def table_of(rows: Iterable[ProjectRow]) -> Table:
    """The rows of board or list, to take along."""
    columns = (
        Column(_("Key"), 9),
        Column(_("Project"), 34),
        Column(_("Lead"), 20),
        Column(_("Portfolio"), 20),
        Column(_("Station")),
        Column(_("Health"), 18),
        Column(_("Planned"), 14),
        Column(_("Committed"), 14),
        Column(_("Reserved"), 14),
        Column(_("Spent"), 14),
        Column(_("Left"), 14),
        Column(_("Currency"), 9),
        Column(_("KPI"), 26),
        Column(_("Way to target")),
        Column(_("Net value a year"), 16),
        Column(_("P10"), 14),
        Column(_("P90"), 14),
        Column(_("Hypothesis"), 11),
        Column(_("Last job")),
        Column(_("Since")),
        Column(_("Due")),
    )
    return Table("projects", columns, [_cells(row) for row in rows])


def _cells(row: ProjectRow) -> list[Any]:
    money, value = row.money, row.value
    amount = lambda minor: to_decimal(minor, money.currency)  # noqa: E731
    worth = (
        [to_decimal(minor, value.currency) for minor in (value.net_minor, value.low_minor, value.high_minor)]
        if value
        else ["", "", ""]
    )
    return [
        row.project.key,
        row.project.title,
        str(row.project.lead),
        str(row.project.portfolio),
        Station(row.station).label,
        row.health.word,
        amount(money.planned),
        amount(money.committed),
        amount(money.reserved),
        amount(money.spent),
        amount(money.left),
        money.currency,
        row.kpi.name if row.kpi else "",
        round(row.reached, 4) if row.reached is not None else "",
        *worth,
        "" if value is None else _("yes") if value.is_hypothesis else _("no"),
        row.last_job.name if row.last_job else "",
        row.project.started_on,
        row.project.due_on,
    ]
