"""One benefit: promise and realisation by month, every record, and how it stands."""

from dataclasses import dataclass
from datetime import date

from outcomes.models import Benefit, BenefitRealisation
from outcomes.querysets import day_ends
from outcomes.services.shortfall import demands_of as demands_of_one
from outcomes.shortfall import Realised, attributed, latest_by_month, shortfall
from people.models import User
from portal.boards.benefits import ByMonth, demands_of, finding_of, promises, seen_projects, state_of
from portal.boards.board import Finding, Panel
from portal.boards.charts.benefits import promised_realised
from projects.models import Demand


@dataclass(frozen=True)
class MonthRow:
    """One month: the promise, the record that counts, and the records that it corrects."""

    month: date
    planned_minor: int | None
    record: BenefitRealisation | None
    corrected: int
    is_over: bool

    @property
    def owed_minor(self) -> int | None:
        return attributed(self.record.actual_minor, self.record.attributed_percent) if self.record else None

    @property
    def beyond_minor(self) -> int | None:
        return None if self.owed_minor is None else self.owed_minor - (self.planned_minor or 0)


@dataclass(frozen=True)
class BenefitFacts:
    benefit: Benefit
    rows: tuple[MonthRow, ...]
    months: ByMonth
    promised_minor: int
    realised_minor: int
    state: tuple[str, str, str]
    missing_minor: int | None
    demand: Demand | None
    sees_project: bool
    next_month: date | None

    @property
    def share(self) -> float | None:
        return self.realised_minor / self.promised_minor if self.promised_minor else None


def benefit_facts(benefit: Benefit, user: User, until: date, on: date | None = None) -> BenefitFacts:
    """Three questions; a correction hides the record that it corrects. With a past day, as known at its end."""
    plan = dict(promises(on).filter(benefit=benefit).order_by("month").values_list("month", "promised"))
    known = benefit.realisations.all() if on is None else benefit.realisations.filter(recorded_at__lt=day_ends(on))
    records = list(known.select_related("recorded_by").order_by("recorded_at", "pk"))
    counting = {row.month: row for row in records}
    told = [Realised(row.month, row.actual_minor, row.attributed_percent, row.recorded_at) for row in records]
    owed = {month: each.attributed_minor for month, each in sorted(latest_by_month(told).items())}
    missing = shortfall(plan, told, benefit.tolerance_percent, until=until)
    rows = tuple(
        MonthRow(
            month,
            plan.get(month),
            counting.get(month),
            sum(row.month == month for row in records) - (month in counting),
            month < until,
        )
        for month in sorted(plan.keys() | counting.keys())
    )
    return BenefitFacts(
        benefit=benefit,
        rows=rows,
        months=ByMonth(benefit.currency, tuple(plan.items()), tuple(owed.items()), until),
        promised_minor=sum(amount for month, amount in plan.items() if month < until),
        realised_minor=sum(amount for month, amount in owed.items() if month < until),
        state=state_of(benefit, plan, told, until),
        missing_minor=missing.missing_minor if missing else None,
        demand=demands_of_one(benefit, demands_of(user, on)).first(),
        sees_project=benefit.project_id in seen_projects([benefit], user),
        next_month=next((row.month for row in rows if row.record is None and row.is_over), None),
    )


def benefit_question(facts: BenefitFacts) -> Finding:
    """Does it bring what was promised?"""
    return finding_of(facts.months, absent=facts.benefit.name)


BENEFIT_PANEL = Panel("benefit", benefit_question, promised_realised, span=12, height="280px")
