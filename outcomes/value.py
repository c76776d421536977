"""What a model is worth a year: the formula of its value contract, with an interval.

effect = sensitivity x (metric - metric_baseline), in units of the KPI
gross  = effect x better sign x units_per_year x worth of one KPI unit;  net = gross - upkeep

The metric and the sensitivity are taken as independent, so the variance of their product is exact:
Var(s d) = s^2 Var(d) + d^2 Var(s) + Var(s) Var(d), with d = metric - baseline (the baseline is a stated constant).
P10 and P90 = net -/+ t(0.9, nu) sd: Student's t, because a spread of few repeats is itself unsure. Seeds give n - 1
degrees of freedom, a regression over n models n - 2; an agreed spread and a binomial error count as known. Where two
are propagated, Welch and Satterthwaite: nu = 2 V^2 / Var(V) of the variance V above, by the error of its two parts.
Money is worked out in decimals and rounded once, half to even, to the minor unit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from django.db.models import Case, When
from django.db.models import Value as Constant
from django.utils.translation import gettext as _

from experiments.models import Run
from finance.money import MICRO, exponent
from outcomes import wording
from outcomes.models import ValueContract
from outcomes.querysets import day_ends
from people.foreign_keys import fetch

if TYPE_CHECKING:
    from projects.models import Project

Z90 = 1.2816  # the normal distribution leaves a tenth beyond this many standard deviations
LESS_IS_BETTER = ("loss", "latency", "error", "size_bytes")
FORMULA_VERSION = 1


@dataclass(frozen=True)
class Term:
    """One line of a sum: sign, what, where it comes from, how much. The last line of a sum is its total."""

    sign: str
    label: str
    source: str
    amount: str


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a metric, and how it was found."""

    sd: float
    seeds: int
    metric: str
    rows: int = 0

    @property
    def degrees(self) -> float:
        """How many the spread rests on: seeds less one; one that is not estimated from repeats counts as known."""
        return self.seeds - 1 if self.seeds >= 2 else math.inf

    @property
    def method(self) -> str:
        figures = {"metric": wording.metric(self.metric), "seeds": self.seeds, "sd": wording.number(self.sd)}
        if self.seeds >= 2:
            return _("spread of %(metric)s over %(seeds)d seeds: standard deviation %(sd)s") % figures
        if self.rows:
            figures["rows"] = wording.number(self.rows, 0)
            return _("one seed only: binomial standard error of %(metric)s on %(rows)s rows, %(sd)s") % figures
        return _("one seed only, so the spread of %(metric)s is not known and counts as 0") % figures


@dataclass(frozen=True)
class Value:
    """A contract applied to a run: EUR a year, P10 to P90, and the sum that leads there."""

    contract: ValueContract
    run: Run
    metric_value: float
    exact_effect: Decimal
    gross_minor: int
    net_minor: int
    low_minor: int
    high_minor: int
    is_hypothesis: bool
    spread: Spread
    degrees: float

    @property
    def currency(self) -> str:
        return self.contract.currency

    @property
    def effect(self) -> float:
        """Change of the KPI, in its unit."""
        return float(self.exact_effect)

    @property
    def metric_sd(self) -> float:
        return self.spread.sd

    @property
    def seeds(self) -> int:
        return self.spread.seeds

    @property
    def terms(self) -> tuple[Term, ...]:
        """The sum as people check it; written out only where somebody asks, a board has a thousand values."""
        return _terms(self.contract, self.metric_value, self.exact_effect, self.gross_minor, self.net_minor)

    @property
    def method(self) -> str:
        return _method(self.contract, self.spread, self.degrees)

    @property
    def key(self) -> str:
        """What explains exactly this figure: contract and run, for the explanation of kind "run-value"."""
        return f"{self.contract.pk}-{self.run.pk}"


def higher_is_better(metric: str) -> bool:
    """A metric is better when it is higher, unless its name speaks of loss, latency, error or bytes."""
    return not any(word in metric for word in LESS_IS_BETTER)


def value_of(contract: ValueContract, run: Run) -> Value:
    """The value of one run under a contract. The run must have the metric of the contract."""
    repeats = Run.objects.finished().filter(project=run.project_id, recipe=run.recipe)
    return _value(contract, run, list(repeats.select_related("dataset")))


def best_run(contract: ValueContract) -> Run | None:
    """The finished run of the contract's project with the best value of its metric; the earlier of two equals."""
    runs = Run.objects.finished().filter(project=contract.kpi.project_id, metrics__has_key=contract.metric)
    return _best(contract.metric, runs.select_related("dataset"))


def project_values(projects: Iterable[Project], on: date | None = None) -> dict[int, Value | None]:
    """The value of each project: its newest signed contract, else its newest hypothesis, with its best run.

    As known at the end of a day, today when left out. A few queries, however many projects there are.
    """
    projects = list(projects)
    keys = [project.pk for project in projects]
    contracts = _leading_contracts(projects, on)
    metrics = sorted({contract.metric for contract in contracts.values()})
    runs: dict[int, list[Run]] = {key: [] for key in keys}
    if metrics:
        found = Run.objects.finished().filter(project__in=list(contracts), metrics__has_any_keys=metrics)
        if on is not None:
            found = found.filter(finished_at__lt=day_ends(on))
        having = list(found.defer("report", "versions"))
        fetch(having, "dataset")
        for run in having:
            runs[run.project_id].append(run)
    values: dict[int, Value | None] = dict.fromkeys(keys)
    for key, contract in contracts.items():
        best = _best(contract.metric, runs[key])
        values[key] = _value(contract, best, runs[key], on) if best else None
    return values


def leading_contract(project: Project, on: date | None = None) -> ValueContract | None:
    """The contract that speaks for a project: signed before hypothesis, then the newest."""
    return _leading_contracts([project], on).get(project.pk)


def _leading_contracts(projects: Sequence[Project], on: date | None) -> dict[int, ValueContract]:
    signed = {"signed_at__isnull": False} if on is None else {"signed_at__lt": day_ends(on)}
    signed_first = Case(When(**signed, then=Constant(0)), default=Constant(1))
    known = {project.pk: project for project in projects}
    in_force = ValueContract.objects.in_force(on).filter(kpi__project__in=list(known)).select_related("kpi")
    leading: dict[int, ValueContract] = {}
    for contract in in_force.order_by(signed_first, "-valid_from", "-pk"):
        leading.setdefault(contract.kpi.project_id, contract)
    for key, contract in leading.items():
        contract.kpi.project = known[key]
    fetch(leading.values(), "signed_by", "owner")
    return leading


def _best(metric: str, runs: Iterable[Run]) -> Run | None:
    having = [run for run in runs if metric in run.metrics]
    sign = -1 if higher_is_better(metric) else 1
    return min(having, key=lambda run: (sign * run.metrics[metric], run.started_at), default=None)


def spread_of(metric: str, run: Run, runs: Iterable[Run]) -> Spread:
    """How much the metric moves when only the seed changes; with one seed, by the number of test rows."""
    by_seed = {
        repeat.params.get("seed"): float(repeat.metrics[metric])
        for repeat in sorted(runs, key=lambda each: each.started_at)
        if _is_repeat(repeat, run) and metric in repeat.metrics
    }
    if len(by_seed) >= 2:
        return Spread(statistics.stdev(by_seed.values()), len(by_seed), metric)
    value, rows = float(run.metrics[metric]), _rows_behind(metric, run)
    if rows and 0 <= value <= 1:
        return Spread(math.sqrt(value * (1 - value) / rows), 1, metric, rows)
    return Spread(0.0, 1, metric)


def _is_repeat(other: Run, run: Run) -> bool:
    """The same work from the same parent: only the seed may differ."""
    return _work(other) == _work(run)


def _work(run: Run) -> tuple[object, ...]:
    """What a run did, without its seed.

    The data set counts by name, version and size and not by digest: where the seed also draws the points, the spread
    between the draws belongs to the spread of the metric.
    """
    params = {name: value for name, value in run.params.items() if name != "seed"}
    data = (run.dataset.name, run.dataset.version, run.dataset.rows) if run.dataset else None
    return (run.project_id, run.recipe, run.parent_id, params, data)


def _rows_behind(metric: str, run: Run) -> int:
    """Rows of the split that an accuracy was counted on, 0 when that is not known."""
    split, _underscore, kind = metric.partition("_")
    if kind != "accuracy" or run.dataset is None:
        return 0
    return int(run.dataset.splits.get(split) or 0)


def _value(contract: ValueContract, run: Run, runs: Iterable[Run], on: date | None = None) -> Value:
    metric_value = float(run.metrics[contract.metric])
    spread = spread_of(contract.metric, run, runs)
    effect, gross = _effect_and_gross(contract, metric_value)
    net = gross - contract.upkeep_minor
    change, worth = metric_value - contract.metric_baseline, float(_worth_of_one(contract))
    parts = (contract.sensitivity, contract.sensitivity_sd, change, spread.sd)
    degrees = degrees_of_product(*parts, degrees_of_sensitivity(contract), spread.degrees)
    reach = round(t90(degrees) * _product_sd(*parts) * abs(worth))
    return Value(
        contract=contract,
        run=run,
        metric_value=metric_value,
        exact_effect=effect,
        gross_minor=gross,
        net_minor=net,
        low_minor=net - reach,
        high_minor=net + reach,
        is_hypothesis=contract.signed_at is None or (on is not None and contract.signed_at >= day_ends(on)),
        spread=spread,
        degrees=degrees,
    )


def degrees_of_sensitivity(contract: ValueContract) -> float:
    """Models less two where the measurements say it; what people agreed on counts as known."""
    n = contract.estimate.get("n", 0) if contract.method == ValueContract.Method.REGRESSION else 0
    return n - 2 if n > 2 else math.inf


def degrees_of_product(
    first: float, first_sd: float, second: float, second_sd: float, first_degrees: float, second_degrees: float
) -> float:
    """Degrees of freedom of the variance of a product, after Welch and Satterthwaite; infinite where it is known."""
    variance = _product_sd(first, first_sd, second, second_sd) ** 2
    by_first = (second**2 + second_sd**2) * first_sd**2
    by_second = (first**2 + first_sd**2) * second_sd**2
    doubt = by_first**2 / first_degrees + by_second**2 / second_degrees
    return variance**2 / doubt if doubt else math.inf


def t90(degrees: float) -> float:
    """The quantile of Student's t that leaves a tenth above it; that of the normal distribution for a known spread."""
    if math.isinf(degrees):
        return Z90
    from scipy.special import stdtrit  # only who has an estimate waits for it

    return float(stdtrit(degrees, 0.9))


def net_minor(contract: ValueContract, metric: float) -> int:
    """Net benefit a year at some value of the metric, in minor units: the formula without its interval."""
    return _effect_and_gross(contract, metric)[1] - contract.upkeep_minor


def gross_of_effect(contract: ValueContract, effect: float | Decimal) -> int:
    """Gross benefit a year, in minor units, of a change of the KPI by so much."""
    gross = _exact(effect) * contract.kpi.better_sign * _worth_of_one(contract)
    return int(gross.to_integral_value(rounding=ROUND_HALF_EVEN))


def _effect_and_gross(contract: ValueContract, metric: float) -> tuple[Decimal, int]:
    effect = _exact(contract.sensitivity) * (_exact(metric) - _exact(contract.metric_baseline))
    return effect, gross_of_effect(contract, effect)


def _product_sd(first: float, first_sd: float, second: float, second_sd: float) -> float:
    """Standard deviation of a product of two independent quantities, exactly."""
    return math.sqrt((first * second_sd) ** 2 + (second * first_sd) ** 2 + (first_sd * second_sd) ** 2)


def _exact(value: float | Decimal) -> Decimal:
    return Decimal(str(value))


def _worth_of_one(contract: ValueContract) -> Decimal:
    """Minor units a year for one unit of the KPI."""
    yearly = _exact(contract.units_per_year) * contract.worth_micro / MICRO
    return yearly.scaleb(exponent(contract.currency))


def _method(contract: ValueContract, spread: Spread, degrees: float) -> str:
    figures = {
        "value": wording.number(contract.sensitivity),
        "sd": wording.number(contract.sensitivity_sd),
        "n": contract.estimate.get("n", 0),
    }
    sensitivity = (
        _("sensitivity %(value)s ± %(sd)s, agreed")
        if math.isinf(degrees_of_sensitivity(contract))
        else _("sensitivity %(value)s ± %(sd)s, least squares over %(n)d models")
    )
    reach = {
        "reach": wording.number(t90(degrees), 4),
        "degrees": wording.number(degrees, 1) if degrees < math.inf else "",
    }
    interval = (
        _("P10 and P90 at ∓%(reach)s deviations, normal distribution")
        if math.isinf(degrees)
        else _("P10 and P90 at ∓%(reach)s deviations, Student's t with %(degrees)s degrees of freedom")
    )
    return _("%(metric)s; %(sensitivity)s; product of independent quantities, %(interval)s") % {
        "metric": spread.method,
        "sensitivity": sensitivity % figures,
        "interval": interval % reach,
    }


def _terms(contract: ValueContract, metric: float, effect: Decimal, gross: int, net: int) -> tuple[Term, ...]:
    """The sum as people check it: volume x improvement x worth = gross, less upkeep = net."""
    kpi, currency = contract.kpi, contract.currency
    unit = wording.unit_of_change(kpi.unit)
    figures = {
        "metric": wording.metric(contract.metric),
        "now": wording.number(metric),
        "before": wording.number(contract.metric_baseline),
        "sensitivity": wording.with_unit(contract.sensitivity, unit),
    }
    improvement = effect * kpi.better_sign
    return (
        Term(
            "",
            _("%(units)s a year") % {"units": contract.units_label},
            contract.basis,
            wording.number(contract.units_per_year),
        ),
        Term(
            "×",
            _("Improvement of “%(kpi)s”") % {"kpi": kpi.name},
            _("%(metric)s %(now)s now, %(before)s before; %(sensitivity)s for one unit of it") % figures,
            wording.with_unit(improvement, unit),
        ),
        Term(
            "×",
            _("Worth of one unit of the KPI, each"),
            _("value contract version %(version)d") % {"version": contract.version},
            wording.money_micro(contract.worth_micro, currency),
        ),
        Term("=", _("Gross benefit"), "", wording.money(gross, currency)),
        Term(wording.MINUS, _("Upkeep"), _("stated in the contract"), wording.money(contract.upkeep_minor, currency)),
        Term("=", _("Net benefit a year"), "", wording.money(net, currency)),
    )
