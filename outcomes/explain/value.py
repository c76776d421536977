"""The chain of a yearly benefit: contract, metric, run, data, what the run cost, range, signature."""

from typing import Any

from django.utils.translation import gettext as _

from experiments.models import Run
from outcomes import wording
from outcomes.explain.chain import (
    Explanation,
    Fact,
    dataset_fact,
    find,
    journal_fact,
    page,
    person_and_day,
    rate_card_fact,
    run_fact,
)
from outcomes.models import Kpi, ValueContract
from outcomes.querysets import ValueContractQuerySet
from outcomes.value import FORMULA_VERSION, Value, best_run, value_of
from people.models import User


def explain_value(pk: str, user: User) -> Explanation:
    """A contract applied to the best run of its project."""
    contract = find(_contracts(user), pk)
    run = best_run(contract)
    return _unproven(contract) if run is None else _proven(value_of(contract, run), _("best of the finished runs"))


def explain_run_value(pk: str, user: User) -> Explanation:
    """A contract applied to one run, the figure on the page of that run; `pk` is `Value.key`."""
    contract_pk, _dash, run_pk = pk.partition("-")
    contract = find(_contracts(user), contract_pk)
    runs = Run.objects.finished().filter(project=contract.kpi.project_id, metrics__has_key=contract.metric)
    return _proven(value_of(contract, find(runs.select_related("dataset"), run_pk)), _("of this run"))


def _contracts(user: User) -> ValueContractQuerySet:
    related = ("kpi__project", "kpi__owner", "owner", "signed_by")
    return ValueContract.objects.visible_to(user).select_related(*related)


def _proven(value: Value, which: str) -> Explanation:
    contract = value.contract
    return Explanation(
        title=_("Where %(net)s a year comes from") % {"net": wording.money(value.net_minor, contract.currency)},
        subtitle=_("Benefit of “%(kpi)s” through %(metric)s, less upkeep")
        % {"kpi": contract.kpi.name, "metric": wording.metric(contract.metric)},
        terms=value.terms,
        facts=(
            *_facts_of_contract(contract),
            *_facts_of_run(value, which),
            *_facts_of_range(value),
            _signature(contract),
        ),
        note=_what_moves_it(value),
        is_hypothesis=value.is_hypothesis,
    )


def _unproven(contract: ValueContract) -> Explanation:
    """A contract without a run that could prove it."""
    return Explanation(
        title=_("No figure yet for “%(kpi)s”") % {"kpi": contract.kpi.name},
        subtitle=_("The formula stands; the metric is missing"),
        terms=(),
        facts=(*_facts_of_contract(contract), _signature(contract)),
        note=_("No finished run of %(project)s has %(metric)s. Submit a job whose recipe measures it.")
        % {"project": contract.kpi.project.key, "metric": wording.metric(contract.metric)},
        is_hypothesis=contract.status == ValueContract.Status.DRAFT,
    )


def _facts_of_contract(contract: ValueContract) -> tuple[Fact, ...]:
    kpi = contract.kpi
    baseline_to_target = wording.span(
        wording.with_unit(kpi.baseline, kpi.unit), wording.with_unit(kpi.target, kpi.unit_of_goal)
    )
    return (
        Fact(
            _("Formula"),
            _(
                "version %(version)d of the value contract, %(status)s; formula %(form)d: "
                "%(sign)ssensitivity × (metric − before) × units a year × worth − upkeep"
            )
            % {
                "version": contract.version,
                "status": contract.standing.label.lower(),
                "form": FORMULA_VERSION,
                "sign": "" if kpi.better_sign > 0 else f"{wording.MINUS}1 × ",
            },
            page("kpi", kpi.pk),
        ),
        Fact(
            _("KPI"),
            _("%(kpi)s, from %(span)s; owner %(owner)s")
            % {"kpi": kpi.name, "span": baseline_to_target, "owner": kpi.owner},
            page("kpi", kpi.pk),
        ),
        *_sign(kpi),
        _sensitivity(contract),
        Fact(_("Project"), f"{kpi.project.key} {kpi.project.title}", page("project", kpi.project.key)),
    )


def _sign(kpi: Kpi) -> tuple[Fact, ...]:
    """Why the formula turns the sign."""
    return () if kpi.better_sign > 0 else (Fact(_("Sign"), _("−1, because less of the KPI is better")),)


def _sensitivity(contract: ValueContract) -> Fact:
    """Agreed between people, or estimated: then with its interval and what it rests on."""
    unit = wording.unit_of_change(contract.kpi.unit)
    slope = wording.with_unit(contract.sensitivity, unit)
    found = contract.estimate
    if contract.method != ValueContract.Method.REGRESSION or not found:
        return Fact(_("Sensitivity"), _("%(slope)s for one unit of the metric, agreed") % {"slope": slope})
    text = _(
        "%(slope)s for one unit of the metric: least squares over %(n)d models, each one point, "
        "90 %% interval %(span)s, R² %(r2)s, metric from %(least)s to %(most)s"
    )
    figures = {
        "slope": slope,
        "n": found["n"],
        "span": wording.span(wording.number(found["low"]), wording.number(found["high"])),
        "r2": wording.number(found["r2"], 2),
        "least": wording.number(found["metric_min"]),
        "most": wording.number(found["metric_max"]),
    }
    return Fact(_("Sensitivity"), text % figures, page("kpi", contract.kpi_id))


def _facts_of_run(value: Value, which: str) -> tuple[Fact, ...]:
    run = value.run
    facts = [
        Fact(
            _("Metric"),
            _("%(metric)s %(now)s, %(which)s; %(before)s with today's way of working")
            % {
                "metric": wording.metric(value.contract.metric),
                "now": wording.number(value.metric_value),
                "which": which,
                "before": wording.number(value.contract.metric_baseline),
            },
        ),
        run_fact(run),
        dataset_fact(run.dataset),
    ]
    return (*facts, *_cost_of(run))


def _cost_of(run: Run) -> tuple[Fact, ...]:
    job: Any = getattr(run, "job", None)
    if job is None:
        return (Fact(_("Cost of the run"), _("not known: no job of this portal made it")),)
    cost = wording.money_micro(job.cost_micro, job.rate_card.currency)
    return (
        Fact(_("Cost of the run"), cost, page("explain", "job-cost", job.pk)),
        rate_card_fact(job.rate_card),
        journal_fact(job.charge),
    )


def _facts_of_range(value: Value) -> tuple[Fact, ...]:
    low, high = (wording.money(minor, value.currency) for minor in (value.low_minor, value.high_minor))
    return (
        Fact(_("Range"), _("P10 %(low)s, P90 %(high)s") % {"low": low, "high": high}),
        Fact(_("Method"), value.method),
    )


def _signature(contract: ValueContract) -> Fact:
    if contract.status == ValueContract.Status.DRAFT:
        return Fact(_("Signed"), _("Hypothesis: nobody has signed it. Owner: %(owner)s") % {"owner": contract.owner})
    return Fact(_("Signed"), person_and_day(contract.signed_by, contract.signed_at))


def _what_moves_it(value: Value) -> str:
    """The larger of the two causes of the range."""
    contract = value.contract
    by_metric = abs(contract.sensitivity * value.metric_sd)
    by_sensitivity = abs((value.metric_value - contract.metric_baseline) * contract.sensitivity_sd)
    if not by_metric and not by_sensitivity:
        return _("No spread is known, so the range is a single figure. Repeat the run with other seeds.")
    if by_sensitivity >= by_metric:
        return _("The sensitivity moves this number most: measure how the KPI follows the metric to narrow the range.")
    return _("The spread of %(metric)s moves this number most: more seeds or more test rows narrow the range.") % {
        "metric": wording.metric(contract.metric)
    }
