"""What a business case says, and the flows that a new one may begin from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.models import BudgetLine
from outcomes import wording
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

    The benefit counts by the probability that every unfinished stage succeeds, and with its upkeep for the part of a
    year in which the contract is valid.
    """
    cost, cost_source = _planned_cost(project, currency)
    contract = leading_contract(project, on)
    benefit, upkeep, benefit_source = _yearly(contract, currency)
    p_percent, p_source = _probability(project)
    ends = contract.valid_to if contract is not None else None
    shares = {year: _valid_share(on, year, ends) for year in range(1, years + 1)}
    later = (Flow(year, round(upkeep * share), round(benefit * share), p_percent) for year, share in shares.items())
    if ends is not None and (benefit or upkeep) and min(shares.values(), default=1) < 1:
        benefit_source = f"{benefit_source} {_end_in_words(ends, shares)}"
    return Proposal(currency, (Flow(0, cost, 0, 100), *later), (cost_source, benefit_source, p_source))


def _valid_share(on: date, year: int, ends: date | None) -> Fraction:
    """The part of a year after a day in which a contract is valid that ends before another; half of it is one half."""
    begins, over = _anniversary(on, year - 1), _anniversary(on, year)
    if ends is None or ends >= over:
        return Fraction(1)
    return Fraction(max(0, (ends - begins).days), (over - begins).days)


def _anniversary(on: date, years: int) -> date:
    leap_day = (on.month, on.day) == (2, 29)
    return on.replace(year=on.year + years, day=28 if leap_day else on.day)


def _end_in_words(ends: date, shares: Mapping[int, Fraction]) -> str:
    partial = [(year, share) for year, share in shares.items() if 0 < share < 1]
    words = {"end": date_format(ends, "j M Y")}
    if not partial:
        return _("It ends before %(end)s, so what comes after brings and costs nothing.") % words
    ((year, share),) = partial
    words |= {"year": str(year), "share": wording.with_unit(float(share) * 100, "%", 0)}
    return (
        _("It ends before %(end)s, so year %(year)s counts for %(share)s and later ones bring and cost nothing.")
        % words
    )


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
