"""What a budget version changes: against another version by period, category and stage, and on the control lines."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Sum

from finance.models import Budget, BudgetLine, BudgetVersion, PlanLine
from projects.models import Station

Key = tuple[str, str, str]  # name of the period, category, stage


@dataclass(frozen=True)
class Change:
    """One amount of a plan that differs; `before` or `after` is 0 where the other version does not name it."""

    period: str
    category: str
    station: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before

    @property
    def category_word(self) -> str:
        return str(BudgetLine.Category(self.category).label)

    @property
    def station_word(self) -> str:
        return str(Station(self.station).label)


@dataclass(frozen=True)
class LineEffect:
    """What approving a version would do to one control line."""

    category: str
    planned_before: int
    planned_after: int
    released_before: int
    used: int
    is_metered: bool

    @property
    def category_word(self) -> str:
        return str(BudgetLine.Category(self.category).label)

    @property
    def released_after(self) -> int:
        """Without tranches all that is approved is released; with them nothing more is."""
        return self.released_before if self.is_metered else self.planned_after

    @property
    def available_after(self) -> int:
        return self.released_after - self.used

    @property
    def floor(self) -> int:
        """What the plan must not go below: what is used, and what a tranche has released."""
        return max(self.used, self.released_before) if self.is_metered else self.used

    @property
    def is_refused(self) -> bool:
        return self.planned_after < self.floor and self.planned_after < self.planned_before


def plan_amounts(version: BudgetVersion | None) -> dict[Key, int]:
    """The amounts of a version, cost centres added up."""
    if version is None:
        return {}
    rows = (
        PlanLine.objects.filter(version=version)
        .values_list("period__name", "category", "station")
        .annotate(minor=Sum("amount_minor"))
        .order_by("period__name", "category", "station")
    )
    return {(period, category, station): minor for period, category, station, minor in rows}


def changes(before: Mapping[Key, int], after: Mapping[Key, int]) -> list[Change]:
    """Every amount that differs, by period, category and stage."""
    keys = sorted({*before, *after})
    found = [Change(*key, before.get(key, 0), after.get(key, 0)) for key in keys]
    return [change for change in found if change.difference]


def line_effects(budget: Budget, version: BudgetVersion) -> list[LineEffect]:
    """Each control line as it is and as it would be."""
    after: dict[str, int] = {}
    for (_period, category, _station), minor in plan_amounts(version).items():
        after[category] = after.get(category, 0) + minor
    lines = {line.category: line for line in budget.lines.all()}
    return [
        _effect(category, lines.get(category), after.get(category, 0), budget.is_metered)
        for category in BudgetLine.Category.values
        if category in lines or category in after
    ]


def _effect(category: str, line: BudgetLine | None, planned_after: int, is_metered: bool) -> LineEffect:
    if line is None:
        return LineEffect(category, 0, planned_after, 0, 0, is_metered)
    used = line.reserved_minor + line.committed_minor + line.spent_minor
    return LineEffect(category, line.planned_minor, planned_after, line.released_minor, used, is_metered)
