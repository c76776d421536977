"""Budget lines with their sums, now or on a past day: read at once, summed up by whatever a board asks for."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import F, QuerySet

from finance.models import BudgetLine
from finance.sums import COLUMNS, Sums
from finance.then import lines_then, sums_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.scope import Scope

Group = TypeVar("Group", bound=Hashable)

WHERE = {
    "currency": F("budget__currency"),
    "project": F("budget__project"),
    "project_key": F("budget__project__key"),
    "programme": F("budget__project__programme"),
    "portfolio": F("budget__project__portfolio"),
}
NEAR_TENTHS = 9  # a line with nine tenths of its released money used is near its limit


@dataclass(frozen=True)
class Line:
    """One budget line: where it stands, and its sums in minor units of its currency."""

    pk: int
    category: str
    budget: int
    currency: str
    project: int
    project_key: str
    programme: int | None
    portfolio: int
    sums: Sums

    @property
    def category_name(self) -> str:
        return str(BudgetLine.Category(self.category).label)

    @property
    def is_near(self) -> bool:
        """Whether it is close to its limit, or over it."""
        return self.sums.used > 0 and self.sums.used * 10 >= self.sums.released * NEAR_TENTHS


def rows_of(user: User, scope: Scope, on: date | None = None) -> QuerySet[BudgetLine]:
    """The lines of a scope that the person may see, whatever their currency; on a past day those that there were."""
    rows = scope.narrow(BudgetLine.objects.visible_to(user), "budget__project")
    return rows if on is None else lines_then(rows, day_ends(on))


def read_lines(rows: QuerySet[BudgetLine], on: date | None = None) -> list[Line]:
    """Some lines with the sums that are kept, or with those of a past day; the newest budget comes first."""
    if on is None:
        kept = rows.order_by().values_list("pk", *(f"{name}_minor" for name in COLUMNS))
        sums = {pk: Sums(*columns) for pk, *columns in kept}
    else:
        sums = sums_then(rows, day_ends(on))
    newest_first = rows.annotate(**WHERE).order_by("-budget__approved_on", "-budget", "category")
    found = newest_first.values("pk", "category", "budget", *WHERE)
    return [Line(**line, sums=sums[line["pk"]]) for line in found if line["pk"] in sums]


def sums_by(lines: Iterable[Line], key: Callable[[Line], Group]) -> dict[Group, Sums]:
    """The lines of each group together, in the order of the groups' first lines."""
    groups: dict[Group, list[Sums]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line.sums)
    return {group: Sums.together(parts) for group, parts in groups.items()}
