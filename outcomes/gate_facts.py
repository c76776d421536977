"""Live facts for the criteria of gates: what each one reads now, where it was read, and why one cannot be read.

The facts of any number of projects are fetched in the same number of queries. `at` leaves out what came later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Case, Count, F, Max, OuterRef, Q, Subquery, Sum, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.models import Run
from finance.models import BudgetLine, Commitment, LedgerEntry, Reservation, TrancheLine
from finance.money import to_decimal
from finance.then import RESOLUTION, posted_then, sums_then
from outcomes import wording
from outcomes.kpi_status import Figure, figures
from outcomes.models import GateCriterion, GateReview, Kpi, Measurement, ValueContract
from outcomes.querysets import day_ends
from outcomes.value import higher_is_better
from people.trail import made_since
from projects.models import Feedback, Risk
from projects.then import rows_by

VOICES_OF = timedelta(days=90)
MEASURED_IN = timedelta(days=90)  # what was measured before says nothing of today
LATENCY = "latency_ms"


@dataclass(frozen=True)
class Source:
    """What a figure was read from: kind and id of the row, its name, and since when it says so."""

    kind: str
    id: str
    name: str
    at: datetime | None = None
    number: int | None = None  # of the job that made the model, for a link to its page


@dataclass(frozen=True)
class Reading:
    """One criterion as it reads now. `missing` says why there is no value; then it is not met."""

    criterion: GateCriterion
    value: float | None
    unit: str
    text: str
    is_met: bool
    source: Source | None = None
    missing: str = ""

    @property
    def needed(self) -> str:
        return needed(self.criterion, self.unit)


@dataclass(frozen=True)
class Found:
    """A value with its words, before it is compared with a threshold."""

    value: float | None
    unit: str = ""
    text: str = ""
    source: Source | None = None
    missing: str = ""


@dataclass
class Money:
    """Budgets of one project by currency, in minor units; as `BudgetLine.available_minor` defines it."""

    budgets: dict[int, str] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    planned: int = 0
    released: int = 0
    held: int = 0
    spent: int = 0
    newest: datetime | None = None


@dataclass
class ProjectFacts:
    """Everything that the criteria of one project can read, as of a moment."""

    at: datetime
    runs: list[Run] = field(default_factory=list)
    money: Money = field(default_factory=Money)
    kpis: list[Figure] = field(default_factory=list)
    voices: tuple[float | None, int, datetime | None] = (None, 0, None)
    contracts: list[ValueContract] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)  # open ones
    risks_known: int = 0  # with those that are closed


def needed(criterion: GateCriterion, unit: str = "") -> str:
    """`at least 0.9`, or that the check list is to be answered."""
    if criterion.threshold is None:
        return _("answered with yes")
    money = len(unit) == 3 and unit.isupper()
    figure = wording.number(criterion.threshold)
    bound = f"{unit}{wording.NBSP}{figure}" if money else wording.with_unit(criterion.threshold, unit)
    return f"{GateCriterion.Comparison(criterion.comparison).label} {bound}"


def read_reviews(reviews: Sequence[GateReview], at: datetime, on: date | None = None) -> dict[int, tuple[Reading, ...]]:
    """The readings of many reviews, each in the order of its gate's criteria. Gates come with their criteria."""
    facts = facts_of({review.project_id for review in reviews}, at, on)
    return {
        review.pk: tuple(
            read(criterion, facts[review.project_id], review.checks) for criterion in review.gate.criteria.all()
        )
        for review in reviews
    }


def read(criterion: GateCriterion, facts: ProjectFacts, checks: Mapping[str, Any]) -> Reading:
    """One criterion against the facts of its project; a check list is read from the answers of the review."""
    if criterion.fact == GateCriterion.Fact.CHECK:
        found = _check(criterion, checks)
    else:
        found = READERS[criterion.fact](criterion, facts)
    return Reading(
        criterion=criterion,
        value=found.value,
        unit=found.unit,
        text=found.text or found.missing,
        is_met=_is_met(criterion, found.value),
        source=found.source,
        missing=found.missing,
    )


def _is_met(criterion: GateCriterion, value: float | None) -> bool:
    if value is None:
        return False
    if criterion.fact == GateCriterion.Fact.CHECK:
        return value == 1
    bound = float(criterion.threshold or 0)
    return value >= bound if criterion.comparison == GateCriterion.Comparison.AT_LEAST else value <= bound


def score_percent(readings: Iterable[Reading]) -> int | None:
    """Share of the weights of what should be met that is met, in whole percent; None where nothing should."""
    should = [each for each in readings if each.criterion.kind == GateCriterion.Kind.SHOULD_MEET]
    weights = sum(each.criterion.weight for each in should)
    return 100 * sum(each.criterion.weight for each in should if each.is_met) // weights if weights else None


def facts_of(projects: Iterable[int], at: datetime, past: date | None = None) -> dict[int, ProjectFacts]:
    """The facts of these projects as they are at a moment, or as they were known at the end of a past day."""
    keys = list(projects)
    at = at if past is None else day_ends(past) - RESOLUTION
    facts: dict[int, ProjectFacts] = {key: ProjectFacts(at) for key in keys}
    on = timezone.localdate(at)
    runs = Run.objects.finished().filter(project__in=keys, finished_at__lte=at)
    for run in runs.select_related("model_version", "job").defer("report", "versions", "params", "job__params"):
        facts[run.project_id].runs.append(run)
    if past is None:
        _read_money(facts, keys, at)
    else:
        _read_money_then(facts, keys, day_ends(past))
    for figure in _kpis(keys, at, past):
        facts[figure.kpi.project_id].kpis.append(figure)
    heard = Feedback.objects.filter(project__in=keys, received_at__lte=at, received_at__gt=at - VOICES_OF)
    if past is not None:
        heard = heard.exclude(pk__in=made_since("record_feedback", day_ends(past)))
    for row in heard.values("project").annotate(mean=Avg("score"), n=Count("pk"), last=Max("received_at")).order_by():
        facts[row["project"]].voices = (row["mean"], row["n"], row["last"])
    signed = _signed(at).filter(kpi__project__in=keys)
    for contract in signed.select_related("kpi").order_by("-signed_at"):
        facts[contract.kpi.project_id].contracts.append(contract)
    risks = Risk.objects.all() if past is None else rows_by(Risk, at)
    for risk in risks.filter(project__in=keys, opened_on__lte=on).order_by("id"):
        facts[risk.project_id].risks_known += 1
        if risk.closed_on is None or risk.closed_on > on:
            facts[risk.project_id].risks.append(risk)
    return facts


def _signed(at: datetime) -> Any:
    """Contracts that were signed by then and in force on that day."""
    return ValueContract.objects.signed_and_in_force(timezone.localdate(at)).filter(signed_at__lte=at)


def _kpis(keys: list[int], at: datetime, past: date | None) -> list[Figure]:
    """What the KPIs stand at; the one that a contract ties to money comes first."""
    known = Measurement.objects.filter(measured_at__lte=at, recorded_at__lte=at)
    signed = _signed(at).filter(kpi=OuterRef("pk")).values("pk")[:1]
    kpis = Kpi.objects.filter(project__in=keys)
    kpis = kpis if past is None else kpis.known_on(past)
    contracted = kpis.annotate(signed=Subquery(signed)).order_by(F("signed").desc(nulls_last=True), "pk")
    return figures(contracted, known, timezone.localdate(at))


def _read_money(facts: dict[int, ProjectFacts], keys: list[int], at: datetime) -> None:
    """Approved, released, held and spent by then: the same definition as on the budget line, up to a moment."""
    lines = BudgetLine.objects.filter(budget__project__in=keys, budget__approved_on__lte=timezone.localdate(at))
    of_line: dict[int, Money] = {}
    for line in lines.select_related("budget").order_by("budget__approved_on", "pk"):
        money = of_line[line.pk] = facts[line.budget.project_id].money
        money.budgets[line.budget_id] = line.budget.name
        money.currencies.add(line.budget.currency)
        money.planned += line.planned_minor
        money.released += 0 if line.budget.is_metered else line.planned_minor
    known = list(of_line)
    released = TrancheLine.objects.filter(line__in=known, line__budget__is_metered=True, tranche__released_at__lte=at)
    spent = LedgerEntry.objects.expenses().filter(line__in=known, journal_entry__posted_at__lte=at)
    then_open = Q(ended_at=None) | Q(ended_at__gt=at)
    reserved = Reservation.objects.filter(then_open, line__in=known, created_at__lte=at)
    committed = Commitment.objects.filter(then_open, line__in=known, created_at__lte=at)
    for pk, minor in _by_line(released, Sum("amount_minor")):
        of_line[pk].released += minor
    for pk, minor in _by_line(reserved, Sum("amount_minor")):
        of_line[pk].held += minor
    still_open = Case(When(status="open", then=F("open_minor")), default=F("amount_minor"))
    for pk, minor in _by_line(committed, Sum(still_open)):
        of_line[pk].held += minor
    for row in spent.values("line").annotate(minor=Sum("amount_minor"), at=Max("journal_entry__posted_at")).order_by():
        money = of_line[row["line"]]
        money.spent += row["minor"]
        money.newest = max(filter(None, (money.newest, row["at"])))


def _read_money_then(facts: dict[int, ProjectFacts], keys: list[int], before: datetime) -> None:
    """The same from the documents of that time, whatever plan and tranches have become."""
    lines = BudgetLine.objects.filter(budget__project__in=keys)
    sums = sums_then(lines, before)
    for line in lines.select_related("budget").order_by("budget__approved_on", "pk"):
        if line.pk not in sums:
            continue
        money, known = facts[line.budget.project_id].money, sums[line.pk]
        money.budgets[line.budget_id] = line.budget.name
        money.currencies.add(line.budget.currency)
        money.planned += known.planned
        money.released += known.released
        money.held += known.reserved + known.committed
        money.spent += known.spent
    spent = posted_then(before).expenses().filter(line__budget__project__in=keys).order_by()
    for key, newest in spent.values_list("line__budget__project").annotate(at=Max("journal_entry__posted_at")):
        facts[key].money.newest = newest


def _by_line(rows: Any, total: Any) -> Iterable[tuple[int, int]]:
    return rows.order_by().values("line").annotate(minor=total).values_list("line", "minor")


# One reader a fact. Each answers from facts that are fetched already.


def _model_metric(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    name = criterion.metric
    best = _best(facts.runs, name)
    if best is None:
        return Found(None, missing=_("No finished run has the metric %(name)s.") % {"name": wording.metric(name)})
    value = float(best.metrics[name])
    return Found(value, "", f"{wording.metric(name)} {wording.number(value)}", _source_of(best))


def _latency(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    """Of the best model by the criterion's metric among those whose latency was measured; else of the fastest."""
    timed = [run for run in facts.runs if LATENCY in run.metrics]
    best = (_best(timed, criterion.metric) if criterion.metric else None) or _best(timed, LATENCY)
    if best is None:
        return Found(None, "ms", missing=_("No finished run has measured its latency; compress a model first."))
    value = float(best.metrics[LATENCY])
    return Found(value, "ms", wording.with_unit(value, "ms"), _source_of(best))


def _best(runs: Iterable[Run], metric: str) -> Run | None:
    sign = -1 if higher_is_better(metric) else 1
    having = [run for run in runs if metric in run.metrics]
    return min(having, key=lambda run: (sign * run.metrics[metric], run.started_at), default=None)


def _source_of(run: Run) -> Source:
    """The model that a run left, or the run itself where it left none."""
    model, job = getattr(run, "model_version", None), getattr(run, "job", None)
    number = job.number if job else None
    if model is not None:
        return Source("model_version", str(model.pk), str(model), model.created_at, number)
    return Source("run", str(run.pk), run.name, run.finished_at, number)


def _cost_share(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    money = facts.money
    fault = _money_fault(money)
    if fault or not money.planned:
        return Found(None, "%", missing=fault or _("The budget plans nothing."))
    value = round(100 * (money.spent + money.held) / money.planned, 2)
    currency = next(iter(money.currencies))
    words = _("%(share)s: %(used)s of %(planned)s") % {
        "share": wording.with_unit(value, "%", 1),
        "used": wording.money(money.spent + money.held, currency),
        "planned": wording.money(money.planned, currency),
    }
    return Found(value, "%", words, _budget_source(money))


def _available(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    money = facts.money
    fault = _money_fault(money)
    if fault:
        return Found(None, missing=fault)
    currency = next(iter(money.currencies))
    left = money.released - money.held - money.spent
    return Found(
        float(to_decimal(left, currency)), currency, wording.money(left, currency), _budget_source(money)
    )  # fmt: skip


def _money_fault(money: Money) -> str:
    if not money.budgets:
        return _("No budget is approved.")
    if len(money.currencies) > 1:
        return _("The budgets are in %(currencies)s, which are not added up.") % {
            "currencies": ", ".join(sorted(money.currencies))
        }
    return ""


def _budget_source(money: Money) -> Source:
    newest = max(money.budgets)
    return Source("budget", str(newest), money.budgets[newest], money.newest)


def _kpi_reached(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    named = [figure for figure in facts.kpis if not criterion.metric or figure.kpi.name == criterion.metric]
    if not named:
        what = criterion.metric or _("the project")
        return Found(None, "%", missing=_("No KPI is defined for %(what)s.") % {"what": what})
    figure, kpi = named[0], named[0].kpi
    since = {"kpi": kpi.name, "since": figure.since}
    if figure.at is None:
        return Found(None, "%", missing=_("“%(kpi)s” has not been measured yet.") % since)
    if figure.value is None or figure.reached is None:
        return Found(None, "%", missing=_("“%(kpi)s” has not been measured since %(since)s.") % since)
    if figure.at <= facts.at - MEASURED_IN:
        text = _("“%(kpi)s” was measured last on %(day)s, more than %(days)d days ago. Measure it again.")
        since |= {"day": timezone.localdate(figure.at), "days": MEASURED_IN.days}
        return Found(None, "%", missing=text % since)
    value = round(100 * figure.reached, 2)
    words = _("%(share)s of the way: %(kpi)s at %(value)s") % {
        "share": wording.with_unit(value, "%", 0),
        "kpi": kpi.name,
        "value": wording.with_unit(figure.value, kpi.unit),
    }
    if figure.since is not None:
        how = {"figure": words, "how": kpi.get_aggregation_display().lower(), "since": figure.since}
        words = _("%(figure)s, the %(how)s since %(since)s") % how
    return Found(value, "%", words, Source("measurement", str(figure.measurement), kpi.name, figure.at, kpi.pk))


def _feedback(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    mean, count, last = facts.voices
    if mean is None:
        return Found(None, missing=_("Nobody has given feedback in the last 90 days."))
    value = round(float(mean), 2)
    words = ngettext("%(mean)s of 5 from %(n)d voice", "%(mean)s of 5 from %(n)d voices", count) % {
        "mean": wording.number(value, 1),
        "n": count,
    }
    return Found(value, "", words, Source("feedback", "90-days", _("feedback of 90 days"), last))


def _value_signed(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    signed = facts.contracts
    words = ngettext("%(n)d signed value contract in force", "%(n)d signed value contracts in force", len(signed)) % {
        "n": len(signed)
    }
    newest = signed[0] if signed else None
    source = (
        Source("value_contract", str(newest.pk), str(newest), newest.signed_at, newest.kpi_id) if newest else None
    )  # fmt: skip
    return Found(float(len(signed)), "", words, source)


def _open_risk(criterion: GateCriterion, facts: ProjectFacts) -> Found:
    currencies = {risk.currency for risk in facts.risks}
    if len(currencies) > 1:
        listed = ", ".join(sorted(currencies))
        return Found(
            None, missing=_("The risks are in %(currencies)s, which are not added up.") % {"currencies": listed}
        )
    if not facts.risks_known:
        return Found(None, missing=_("No risk is written down, so nobody knows the exposure."))
    if not facts.risks:
        return Found(0.0, "", _("every risk that was seen is closed"))
    (currency,) = currencies
    minor = sum(risk.exposure_minor for risk in facts.risks)
    count = len(facts.risks)
    words = ngettext("%(sum)s in %(n)d open risk", "%(sum)s in %(n)d open risks", count) % {
        "sum": wording.money(minor, currency),
        "n": count,
    }
    gravest = max(facts.risks, key=lambda risk: risk.exposure_minor)
    return Found(float(to_decimal(minor, currency)), currency, words, Source("risk", str(gravest.pk), gravest.title))


def _check(criterion: GateCriterion, checks: Mapping[str, Any]) -> Found:
    answer = checks.get(str(criterion.pk))
    if answer is None:
        return Found(None, missing=_("Nobody has answered this yet."))
    words = _("Yes") if answer["met"] else _("No")
    text = f"{words}: {answer['note']}" if answer["note"] else words
    source = Source("check", answer["by"], answer["name"], datetime.fromisoformat(answer["at"]))
    return Found(1.0 if answer["met"] else 0.0, "", text, source)


READERS: Mapping[str, Callable[[GateCriterion, ProjectFacts], Found]] = {
    "model_metric": _model_metric,
    "latency_ms": _latency,
    "cost_share": _cost_share,
    "available": _available,
    "kpi_reached": _kpi_reached,
    "feedback": _feedback,
    "value_signed": _value_signed,
    "open_risk": _open_risk,
}
