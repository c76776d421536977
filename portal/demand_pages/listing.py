"""The list of demands: filter, order and page in SQL, and the same rows as CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.search import typed
from projects.models import Demand, Horizon
from trainingjobs.export import Line, harmless

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


def csv_lines(demands: Iterable[Demand]) -> Iterator[str]:
    """The header and one line a demand, as they are read from the database."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(
        [
            _("Demand"),
            _("Problem"),
            _("Asked by"),
            _("Proposed by"),
            _("Horizon"),
            _("Impact"),
            _("Status"),
            _("Came from"),
            _("Opened"),
            _("Decided"),
            _("Decided by"),
            _("Reason"),
        ]
    )
    for demand in demands:
        yield writer.writerow([harmless(cell) for cell in _cells(demand)])


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
        localtime(demand.opened_at).isoformat(timespec="seconds"),
        localtime(demand.decided_at).isoformat(timespec="seconds") if demand.decided_at else "",
        str(demand.decided_by or ""),
        demand.decision_note,
    ]
