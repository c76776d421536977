"""The list of demands: filter, order and page in SQL, and the same rows to take along."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.export import Column, Table
from portal.search import typed
from projects.models import Demand, Horizon

ORDERS = {
    "title": "title",
    "department": "department__name",
    "horizon": "horizon",
    "impact": "impact",
    "status": "status",
    "opened": "opened_at",
}
NEWEST = "-opened"
WAITING = "waiting"
FILTERS = ("q", "status", "department", "horizon")


def filtered(demands: QuerySet[Demand], query: Mapping[str, str]) -> QuerySet[Demand]:
    """Demands by words, status, department and horizon; what does not exist finds nothing."""
    if words := typed(query.get("q", "")):
        demands = demands.filter(Q(title__icontains=words) | Q(problem__icontains=words))
    status = typed(query.get("status", ""))
    if status == WAITING:
        demands = demands.filter(status__in=[Demand.Status.SUBMITTED, Demand.Status.UNDER_REVIEW])
    elif status:
        demands = demands.filter(status=status)
    if department := typed(query.get("department", "")):
        demands = demands.filter(department__code=department)
    if horizon := typed(query.get("horizon", "")):
        demands = demands.filter(horizon=horizon)
    return demands.select_related("department", "proposer", "project", "decided_by")


def ordered(demands: QuerySet[Demand], sort: str) -> QuerySet[Demand]:
    """By one column, ties by age; an unknown order is the newest first."""
    name = sort.removeprefix("-")
    if name not in ORDERS:
        sort, name = NEWEST, NEWEST.removeprefix("-")
    sign = "-" if sort.startswith("-") else ""
    return demands.order_by(f"{sign}{ORDERS[name]}", "-pk")


def table_of(demands: Iterable[Demand]) -> Table:
    """Demands to take along, as they are read from the database."""
    columns = (
        Column(_("Demand"), 40),
        Column(_("Problem"), 60),
        Column(_("Asked by"), 20),
        Column(_("Proposed by"), 20),
        Column(_("Horizon"), 16),
        Column(_("Impact"), 8),
        Column(_("Status"), 14),
        Column(_("Came from"), 14),
        Column(_("Opened"), 17),
        Column(_("Decided"), 17),
        Column(_("Decided by"), 20),
        Column(_("Reason"), 40),
    )
    return Table("demands", columns, map(_cells, demands))


def _cells(demand: Demand) -> list[Any]:
    return [
        demand.title,
        demand.problem,
        demand.department.name,
        str(demand.proposer or ""),
        str(Horizon(demand.horizon).label),
        demand.impact,
        str(demand.get_status_display()),
        str(demand.get_origin_display()),
        demand.opened_at,
        demand.decided_at,
        str(demand.decided_by or ""),
        demand.decision_note,
    ]
