"""What a business case says, and the flows that a new one may begin from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from finance.models import BudgetLine
from outcomes.appraisal import Appraisal, Flow, appraise
from outcomes.models import BusinessCase, ValueContract
from outcomes.value import best_run, gross_of_effect, leading_contract, value_of
from projects.models import Project, Stage

YEARS = 5


@dataclass(frozen=True)
class Proposal:
    """Flows read from contract, budget and stages, and what each of them rests on."""

    currency: str
    flows: tuple[Flow, ...]
    sources: tuple[str, ...]


def flows_of(case: BusinessCase) -> tuple[Flow, ...]:
    """The years of a case as the mathematics wants them; reads `case.flows`, which may be prefetched."""
    rows = sorted(case.flows.all(), key=lambda row: row.year)
    return tuple(Flow(row.year, row.cost_minor, row.benefit_minor, row.p_cumulative_percent) for row in rows)


def figures_of(case: BusinessCase) -> Appraisal:
    return appraise(flows_of(case), Decimal(case.discount_rate_bp) / 10_000)


def newest_cases(projects: Iterable[Project]) -> dict[int, BusinessCase]:
    """The newest case of each project that has one, with its flows. Two queries, however many projects there are."""
    rows = BusinessCase.objects.filter(project__in=list(projects)).order_by("project", "-version")
    newest: dict[int, BusinessCase] = {}
    for case in rows.prefetch_related("flows"):
        newest.setdefault(case.project_id, case)
    return newest


def propose_flows(project: Project, *, currency: str, on: date, years: int = YEARS) -> Proposal:
    """Year 0 costs the approved budget; each later year brings what the value contract says, less upkeep.

    The benefit counts by the probability that every unfinished stage succeeds.
    """
    cost, cost_source = _planned_cost(project, currency)
    benefit, upkeep, benefit_source = _yearly(leading_contract(project, on), currency)
    p_percent, p_source = _probability(project)
    later = (Flow(year, upkeep, benefit, p_percent) for year in range(1, years + 1))
    return Proposal(currency, (Flow(0, cost, 0, 100), *later), (cost_source, benefit_source, p_source))


def _planned_cost(project: Project, currency: str) -> tuple[int, str]:
    lines = BudgetLine.objects.filter(budget__project=project, budget__currency=currency)
    planned = lines.aggregate(total=Sum("planned_minor"))["total"]
    if planned is None:
        return 0, _("No budget in %(currency)s is approved, so year 0 costs nothing yet.") % {"currency": currency}
    return max(planned, 0), _("Year 0 costs the approved budget.")


def _yearly(contract: ValueContract | None, currency: str) -> tuple[int, int, str]:
    """Benefit and upkeep of one year: by the best run, else as if the KPI reached its target."""
    if contract is None:
        return 0, 0, _("No value contract is in force, so later years bring nothing yet.")
    if contract.currency != currency:
        text = _("The value contract counts in %(other)s, so later years bring nothing yet.")
        return 0, 0, text % {"other": contract.currency}
    run = best_run(contract)
    words = {"contract": str(contract)}
    if run is not None:
        gross, text = value_of(contract, run).gross_minor, _("Benefits by %(contract)s with the best run.")
    else:
        gross = gross_of_effect(contract, contract.kpi.target - contract.kpi.baseline)
        text = _("Benefits by %(contract)s as if the KPI reached its target: no run proves it yet.")
    return max(gross, 0), max(contract.upkeep_minor, 0), text % words


def _probability(project: Project) -> tuple[int, str]:
    ahead = Stage.objects.filter(project=project, actual_finish=None)
    stated = [stage.p_success_percent for stage in ahead if stage.p_success_percent is not None]
    if not stated:
        return 100, _("No stage ahead states a probability of success, so everything counts in full.")
    together = Decimal(1)
    for percent in stated:
        together *= Decimal(percent) / 100
    return round(together * 100), _("Benefits count by the probability that every stage ahead succeeds.")
