"""A tranche of a metered budget as its page shows it, of now or of a past day."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from finance.models import Budget, FundingTranche, TrancheLine


@dataclass(frozen=True)
class Tranche:
    """What a gate releases on each category, in minor units; without `released_at` it is held."""

    station: str
    word: str
    lines: tuple[tuple[str, int], ...]
    released_at: datetime | None = None
    released_by: str = ""
    reference: str = ""
    expires_on: date | None = None
    note: str = ""

    @property
    def minor(self) -> int:
        return sum(minor for _word, minor in self.lines)

    @property
    def released_for(self) -> tuple[str, str]:
        """What released it in words, and where that can be read: gate-decision:12/2 leads to that gate."""
        kind, _colon, key = self.reference.partition(":")
        if kind == "gate-decision" and (number := key.partition("/")[0]).isdecimal():
            return _("the decision at its gate"), reverse("gate-review", args=[int(number)])
        return (_("its stage, which had begun") if kind == "stage-begun" else self.reference), ""

    def held_back(self) -> "Tranche":
        """As it was before its release."""
        return replace(self, released_at=None, released_by="", reference="")


def tranches_of(budgets: Iterable[Budget]) -> dict[int, tuple[Tranche, ...]]:
    """The tranches of some budgets by budget, in the order in which they were planned; two queries."""
    lines = TrancheLine.objects.select_related("line").order_by("line__category")
    keys = [budget.pk for budget in budgets]
    found: dict[int, list[Tranche]] = {key: [] for key in keys}
    rows = FundingTranche.objects.filter(budget__in=keys).select_related("released_by").order_by("pk")
    for row in rows.prefetch_related(Prefetch("lines", lines)):
        found[row.budget_id].append(_tranche(row))
    return {key: tuple(tranches) for key, tranches in found.items()}


def _tranche(row: FundingTranche) -> Tranche:
    return Tranche(
        row.station,
        str(row.get_station_display()),
        tuple((str(each.line.get_category_display()), each.amount_minor) for each in row.lines.all()),
        row.released_at,
        str(row.released_by or ""),
        row.reference or "",
        row.expires_on,
    )
