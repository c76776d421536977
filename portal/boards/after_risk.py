"""What projects are worth after risk, of now or of a past day: one measure for the bubbles and for what if."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Avg, F, Q

from outcomes.models import BusinessCase
from outcomes.querysets import day_ends
from portal.boards.rows import ProjectRow
from portal.boards.then import rows_then
from projects.models import Stage, Station

HORIZON_MONTHS = 36
RATE_BP = 800  # discounted by this a year unless asked otherwise


@dataclass(frozen=True)
class Prospect:
    """What the worth of one project depends on.

    A year is worth what its newest finished run brings by the value contract, or, while there is none, what its newest
    business case expects of a year with benefits.
    """

    year_minor: int
    is_measured: bool
    p_percent: int
    starts_in: int
    cost_minor: int

    def after_risk(self, rate_bp: int = RATE_BP, delay: int = 0) -> int:
        """Net value of the horizon by its probability, in today's money, less the money that is still to spend."""
        return worth(self.year_minor, self.p_percent, self.starts_in + delay, rate_bp) - self.cost_minor


class _Work(NamedTuple):
    station: str
    p_percent: int | None
    finished: date | None
    expected: date | None
    planned: date | None


def prospects_of(rows: Iterable[ProjectRow], currency: str, today: date, on: date | None = None) -> dict[int, Prospect]:
    """By project, those that are worth something in that currency. Two queries, however many they are."""
    same = [row for row in rows if row.money.currency == currency]
    expected = _expected_years([row.project.pk for row in same], currency, on)
    years = {row.project.pk: row.value.net_minor for row in same if row.value and row.value.currency == currency}
    known = [row for row in same if row.project.pk in years or expected.get(row.project.pk)]
    stages = _stages([row.project.pk for row in known], on)
    return {
        pk: Prospect(
            year_minor=years[pk] if pk in years else expected[pk],
            is_measured=pk in years,
            p_percent=_odds(stages[pk]),
            starts_in=_starts_in(row.station, stages[pk], today),
            cost_minor=max(0, row.money.left),
        )
        for row in known
        if (pk := row.project.pk)
    }


def worth(year_minor: int, p_percent: int, starts_in: int, rate_bp: int) -> int:
    """Net value of the horizon after risk, in today's money: each month's share, discounted to today."""
    return int(Decimal(year_minor) / 12 * p_percent / 100 * months_today(starts_in, rate_bp))


@lru_cache(maxsize=512)
def months_today(starts_in: int, rate_bp: int) -> Decimal:
    """The months of the horizon that bring something, each by what it is worth today."""
    factor = sum((1 + rate_bp / 10_000) ** (-month / 12) for month in range(starts_in + 1, HORIZON_MONTHS + 1))
    return Decimal(str(round(factor, 9)))


def _expected_years(keys: Sequence[int], currency: str, on: date | None) -> dict[int, int]:
    """What the newest business case of each project expects of a year with benefits, less what that year costs."""
    cases = BusinessCase.objects.filter(project__in=keys, currency=currency).order_by("project", "version")
    if on is not None:
        cases = cases.filter(made_at__lt=day_ends(on))
    mean = Avg(F("flows__benefit_minor") - F("flows__cost_minor"), filter=Q(flows__benefit_minor__gt=0))
    return {project: int(year or 0) for project, year in cases.annotate(year=mean).values_list("project", "year")}


def _odds(stages: Iterable[_Work]) -> int:
    """Cumulative probability of the stages that are not finished, in percent; one nobody assessed counts as certain."""
    odds = Decimal(1)
    for stage in stages:
        if stage.finished is None and stage.p_percent is not None:
            odds = odds * stage.p_percent / 100
    return int(odds * 100)


def _starts_in(station: Station, stages: Iterable[_Work], today: date) -> int:
    """Whole months until the model works: none from the deployment on."""
    if station.position >= Station.DEPLOYMENT.position:
        return 0
    ready = next((stage for stage in stages if stage.station == Station.DEPLOYMENT), None)
    day = (ready.expected or ready.planned) if ready else None
    return max(0, (day.year - today.year) * 12 + day.month - today.month) if day else 0


def _stages(keys: Sequence[int], on: date | None) -> dict[int, list[_Work]]:
    known = Stage.objects.all() if on is None else rows_then(Stage, on)
    fields = ("station", "p_success_percent", "actual_finish", "forecast_finish", "planned_finish")
    found: dict[int, list[_Work]] = defaultdict(list)
    for project, *values in known.filter(project__in=keys).values_list("project_id", *fields):
        found[project].append(_Work(*values))
    return found
