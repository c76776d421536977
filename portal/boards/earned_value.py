"""Earned value of one budget: what its plan, its stages and its KPI say, and every figure with its formula in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.earned_value import (
    EarnedValue,
    EarningRule,
    Figure,
    Method,
    Planned,
    StageWork,
    earned_schedule,
    earned_share,
    earned_value,
    has_schedule_actual,
    planned_value,
    spi_t,
)
from finance.models import Budget, BudgetVersion, PlanLine, StageCompletion
from finance.then import posted_then
from outcomes.kpi_status import figures
from outcomes.models import Kpi, Measurement
from outcomes.querysets import day_ends
from portal.boards.then import rows_then
from portal.wording import money_minor, number
from projects.models import Project, Stage, Station

RULES = {
    EarningRule.METRIC_BASED: gettext_lazy("by the way that the KPI has gone to its target"),
    EarningRule.FIFTY_FIFTY: gettext_lazy("half when a stage begins, half when it ends"),
    EarningRule.ZERO_HUNDRED: gettext_lazy("all when a stage ends, nothing before"),
    EarningRule.PERCENT_COMPLETE: gettext_lazy("by the share that somebody calls done"),
}
METHODS = {
    Method.TYPICAL: gettext_lazy("the rest costs as the work so far: BAC / CPI"),
    Method.ATYPICAL: gettext_lazy("the rest costs as planned: AC + BAC − EV"),
    Method.CPI_SPI: gettext_lazy("cost and delay both go on: AC + (BAC − EV) / (CPI × SPI)"),
    Method.BOTTOM_UP: gettext_lazy("what the stages that are left are estimated at: AC + ETC"),
}


@dataclass(frozen=True)
class Row:
    """One figure: its abbreviation, its name, the value or the reason why there is none, and its formula."""

    short: str
    name: str
    value: str
    formula: str
    reason: str = ""
    tone: str = ""


@dataclass(frozen=True)
class EarnedFacts:
    """The state of one budget on a day, by one rule and one method."""

    state: EarnedValue
    plan: tuple[Planned, ...]
    stages: tuple[StageWork, ...]
    rule: EarningRule
    method: Method
    currency: str
    on: date
    until: date  # the day, or that on which the project had ended: plan, work and time go no further
    kpis: tuple[Kpi, ...] = ()
    kpi: Kpi | None = None  # the one that earns by the metric-based rule
    is_chosen: bool = False  # by a manager; else it is the first that is measured

    @property
    def rule_words(self) -> str:
        """The rule, with the KPI that earns by it."""
        if self.rule is not EarningRule.METRIC_BASED or self.kpi is None:
            return str(RULES[self.rule])
        return _("by the way that “%(kpi)s” has gone to its target") % {"kpi": self.kpi.name}

    @property
    def schedule(self) -> Figure:
        return earned_schedule(self.plan, self.state.earned_value)

    @property
    def spi_t(self) -> Figure:
        return spi_t(self.plan, self.state.earned_value, self.until, has_schedule=self.state.has_schedule)


def earned_facts(budget: Budget, *, rule: str, method: str, on: date, is_past: bool = False) -> EarnedFacts:
    """A fixed number of queries, however long the plan is. An unknown rule or method is the usual one.

    `on` is today or, with `is_past`, a day as known at its end. Once the project has ended, plan, work and time stand
    as on that day; what is still invoiced counts.
    """
    chosen = EarningRule(rule) if rule in list(EarningRule) else EarningRule.METRIC_BASED
    lines = PlanLine.objects.filter(version=_in_force(budget, on, is_past))
    plan = tuple(
        Planned(begin, end, minor)
        for begin, end, minor in lines.values_list("period__starts_on", "period__ends_on")
        .annotate(minor=Sum("amount_minor"))
        .order_by("period__starts_on")
    )
    by_station = dict(lines.values_list("station").annotate(minor=Sum("amount_minor")).order_by("station"))
    known = rows_then(Stage, on) if is_past else Stage.objects.all()
    rows = {stage.station: stage for stage in known.filter(project=budget.project_id)}
    project = _known(budget, on, is_past)
    asked, until = project.earning_kpi_id, min(on, project.ended_on or on)
    kpis, earns, way = _way(budget.project_id, until, asked)
    judged = StageCompletion.objects.filter(project=budget.project_id).shares(until, day_ends(on) if is_past else None)
    stages = tuple(
        _work(station, rows.get(station), by_station.get(station, 0), way, judged.get(station), until)
        for station in Station
    )
    spent = _spent(budget, on, is_past)
    state = EarnedValue(
        planned_value=planned_value(plan, until),
        earned_value=earned_value(stages, chosen) if plan else planned_value(plan, until),
        actual_cost=Figure(Fraction(spent)),
        budget_at_completion=Figure(Fraction(sum(span.minor for span in plan))) if plan else planned_value(plan, until),
        has_schedule=has_schedule_actual(stages, chosen),
        estimate_to_complete_bottom_up=_bottom_up(stages, rows, chosen),
    )
    return EarnedFacts(
        state,
        plan,
        stages,
        chosen,
        Method(method) if method in list(Method) else Method.TYPICAL,
        budget.currency,
        on,
        until,
        kpis,
        earns,
        is_chosen=earns is not None and earns.pk == asked,
    )


def _in_force(budget: Budget, on: date, is_past: bool) -> BudgetVersion | None:
    if is_past:
        versions = budget.versions.filter(approved_at__lt=day_ends(on))
    else:
        versions = budget.versions.filter(status=BudgetVersion.Status.APPROVED)
    return versions.order_by("-number").first()


def _spent(budget: Budget, on: date, is_past: bool) -> int:
    if is_past:
        posted = posted_then(day_ends(on)).expenses().filter(line__budget=budget)
        return posted.aggregate(spent=Sum("amount_minor"))["spent"] or 0
    return budget.lines.aggregate(spent=Sum("spent_minor"))["spent"] or 0


def _known(budget: Budget, on: date, is_past: bool) -> Project:
    """The project as it stood on that day: the KPI that a manager had chosen, and whether it had ended."""
    then = rows_then(Project, on).filter(id=budget.project_id).first() if is_past else None
    return then or budget.project


def _way(project_pk: int, on: date, asked: int | None) -> tuple[tuple[Kpi, ...], Kpi | None, float | None]:
    """The project's KPIs, the one that earns and how far it has gone: the one chosen, or the first measured."""
    kpis = Kpi.objects.filter(project=project_pk).known_on(on).order_by("pk")
    found = list(figures(kpis, Measurement.objects.known_on(on), on))
    chosen = next((figure for figure in found if figure.kpi.pk == asked), None) or next(
        (figure for figure in found if figure.reached is not None), None
    )
    everyone = tuple(figure.kpi for figure in found)
    return (everyone, chosen.kpi, chosen.reached) if chosen else (everyone, None, None)


def _work(
    station: Station, stage: Stage | None, minor: int, way: float | None, judged: float | None, on: date
) -> StageWork:
    return StageWork(
        name=str(station.label),
        budget_minor=minor,
        is_started=bool(stage and stage.actual_start and stage.actual_start <= on),
        is_finished=bool(stage and stage.actual_finish and stage.actual_finish <= on),
        percent_complete=judged,
        way=way,
    )


def _bottom_up(stages: Iterable[StageWork], rows: dict[str, Stage], rule: EarningRule) -> Figure:
    """The estimated cost of the stages that are not finished; of one under way the part that is not earned."""
    total = Fraction(0)
    for station, work in zip(Station, stages, strict=True):
        if work.is_finished:
            continue
        stage = rows.get(station.value)
        if stage is None or stage.cost_minor is None:
            return Figure(None, _("No cost is estimated for “%(stage)s”.") % {"stage": work.name})
        share = earned_share(work, rule)
        if share.value is None:
            return share
        total += stage.cost_minor * (1 - share.value)
    return Figure(total)


def rows_of(facts: EarnedFacts) -> tuple[Row, ...]:
    """Every figure with its formula in words; a figure that is missing says why."""
    state, money = facts.state, _Money(facts.currency)
    estimate = state.estimate_at_completion(facts.method)
    return (
        money.row("PV", _("Planned value"), state.planned_value, _("what the plan says for the day")),
        money.row("EV", _("Earned value"), state.earned_value, facts.rule_words),
        money.row("AC", _("Actual cost"), state.actual_cost, _("what the ledger holds")),
        money.row("BAC", _("Budget at completion"), state.budget_at_completion, _("the plan as a whole")),
        money.row("CV", _("Cost variance"), state.cost_variance, "EV − AC", signed=True),
        money.row("SV", _("Schedule variance"), state.schedule_variance, "EV − PV", signed=True),
        _index("CPI", _("Cost performance"), state.cpi, "EV / AC"),
        _index("SPI", _("Schedule performance"), state.spi, "EV / PV"),
        _index("SPI(t)", _("Earned schedule, against the time gone"), facts.spi_t, "ES / AT"),
        money.row("EAC", _("Estimate at completion"), estimate, str(METHODS[facts.method])),
        money.row("ETC", _("Estimate to complete"), state.estimate_to_complete(facts.method), "EAC − AC"),
        money.row(
            "VAC",
            _("Variance at completion"),
            state.variance_at_completion(facts.method),
            "BAC − EAC",
            signed=True,
        ),
        _index("TCPI", _("Needed to end in the budget"), state.tcpi_bac, "(BAC − EV) / (BAC − AC)", turned=True),
    )


@dataclass(frozen=True)
class _Money:
    currency: str

    def row(self, short: str, name: str, figure: Figure, formula: str, *, signed: bool = False) -> Row:
        if figure.minor is None:
            return Row(short, name, "", formula, figure.reason)
        tone = ("good" if figure.minor >= 0 else "bad") if signed else ""
        return Row(short, name, money_minor(figure.minor, self.currency), formula, tone=tone)


def _index(short: str, name: str, figure: Figure, formula: str, *, turned: bool = False) -> Row:
    """An index above one is good; of the index that is needed, below one is."""
    if figure.value is None:
        return Row(short, name, "", formula, figure.reason)
    value = round(float(figure.value), 2)  # as it is shown
    good = value <= 1 if turned else value >= 1
    return Row(short, name, number(value, 2), formula, tone="good" if good else "warn")


def finding_of(facts: EarnedFacts) -> str:
    """The state in a sentence."""
    state = facts.state
    estimate = state.estimate_at_completion(facts.method)
    budget = state.budget_at_completion
    if estimate.minor is None or budget.minor is None:
        return _("No estimate at completion: %(reason)s") % {"reason": estimate.reason or budget.reason}
    figures = {
        "estimate": money_minor(estimate.minor, facts.currency),
        "budget": money_minor(budget.minor, facts.currency),
    }
    if estimate.minor > budget.minor:
        return _("It should end at %(estimate)s, more than the planned %(budget)s") % figures
    return _("It should end at %(estimate)s, inside the planned %(budget)s") % figures
