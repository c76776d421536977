"""The chain of a business case: its years, discounted and weighed by their probability, and the other figures of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes import wording
from outcomes.appraisal import Appraisal, Figure, npv, rnpv
from outcomes.case import figures_of, flows_of
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day
from outcomes.models import BusinessCase
from outcomes.value import Term
from people.models import User


def explain_case(pk: str, user: User) -> Explanation:
    rows = BusinessCase.objects.visible_to(user).select_related("project", "made_by").prefetch_related("flows")
    case = find(rows, pk)
    figures = figures_of(case)
    return Explanation(
        title=_("Where %(rnpv)s comes from") % {"rnpv": _money(figures.rnpv, case.currency)},
        subtitle=_("Risk-adjusted NPV of %(project)s, version %(version)d of the case")
        % {"project": case.project.title, "version": case.version},
        terms=(*_years(case), Term("=", _("Risk-adjusted NPV"), "", _money(figures.rnpv, case.currency))),
        facts=(*_figures(case, figures), *_facts(case)),
        note=_("sum of cash flow × cumulative probability ÷ (1 + r)^year; year 0 is not discounted. "
               "Each year is rounded for reading, the sum only once."),
    )  # fmt: skip


def explain_case_figure(what: str, pk: str, user: User) -> Explanation:
    """Another figure of a case: `npv`, `irr`, `roi`, `payback` or `discounted_payback`."""
    rows = BusinessCase.objects.visible_to(user).select_related("project", "made_by").prefetch_related("flows")
    case = find(rows, pk)
    figure = getattr(figures_of(case), what)
    name, formula, shown, terms = _FIGURES[what]
    subtitle = _("%(figure)s of %(project)s, version %(version)d of the case")
    words = {"figure": name, "project": case.project.title, "version": case.version}
    total = _money(figure, case.currency) if shown is None else shown(figure)
    return Explanation(
        title=_("Where %(total)s comes from") % {"total": total} if figure.value is not None else str(name),
        subtitle=subtitle % words,
        terms=terms(case, figure) if figure.value is not None else (),
        facts=(
            Fact(_("Risk-adjusted NPV"), _("each year by its probability"), page("explain", "case", pk)),
            *_facts(case),
        ),
        note=figure.reason or str(formula),
    )


def _npv_terms(case: BusinessCase, figure: Figure) -> tuple[Term, ...]:
    return _discounted_terms(case, _rate(case), str(_("NPV")))


def _discounted_terms(case: BusinessCase, rate: Decimal, name: str) -> tuple[Term, ...]:
    """What each year is worth in year 0."""
    terms, net = [], _net(case)
    for place, flow in enumerate(flows_of(case)):
        alone = [0] * flow.year + [flow.benefit_minor - flow.cost_minor]
        words = {"net": wording.money(alone[-1], case.currency), "year": flow.year}
        label, source = _("Year %(year)d") % words, _("%(net)s ÷ (1 + r)^%(year)d") % words
        terms.append(Term("+" if place else "", label, source, _money(npv(alone, rate), case.currency)))
    return (*terms, Term("=", name, "", _money(npv(net, rate), case.currency)))


def _irr_terms(case: BusinessCase, figure: Figure) -> tuple[Term, ...]:
    """At that rate the years come to nothing."""
    rate = Term("", _("Rate tried"), _("r, a year"), _percent(figure))
    return (rate, *_discounted_terms(case, figure.value or Decimal(), _("NPV at that rate")))


def _roi_terms(case: BusinessCase, figure: Figure) -> tuple[Term, ...]:
    flows = flows_of(case)
    benefit, cost = sum(flow.benefit_minor for flow in flows), sum(flow.cost_minor for flow in flows)
    return (
        Term("", _("Benefits"), _("of all years"), wording.money(benefit, case.currency)),
        Term(wording.MINUS, _("Costs"), _("of all years"), wording.money(cost, case.currency)),
        Term("=", _("Gain"), "", wording.money(benefit - cost, case.currency)),
        Term("÷", _("Costs"), "", wording.money(cost, case.currency)),
        Term("=", _("ROI"), "", _percent(figure)),
    )


def _payback_terms(case: BusinessCase, figure: Figure) -> tuple[Term, ...]:
    return _way_back(case, figure, Decimal(0))


def _discounted_payback_terms(case: BusinessCase, figure: Figure) -> tuple[Term, ...]:
    return _way_back(case, figure, _rate(case))


def _way_back(case: BusinessCase, figure: Figure, rate: Decimal) -> tuple[Term, ...]:
    """The whole years in which something is still owed, and the part of the year that pays the rest."""
    value, net = figure.value or Decimal(), _net(case)
    whole = int(value)
    owed = wording.money(-int(npv(net[: whole + 1], rate).value or 0), case.currency)
    flow = wording.money(int(npv([0] * (whole + 1) + net[whole + 1 : whole + 2], rate).value or 0), case.currency)
    part = _("%(owed)s owed ÷ %(flow)s that year %(year)d brings") % {"owed": owed, "flow": flow, "year": whole + 1}
    years = lambda count: _("%(years)s years") % {"years": wording.number(count, 2)}  # noqa: E731
    return (
        Term("", _("Whole years"), _("after which the sum of all flows still lies below zero"), years(whole)),
        Term("+", _("Part of the next"), part if value != whole else "", years(value - whole)),
        Term("=", _("Years"), "", years(value)),
    )


def _net(case: BusinessCase) -> list[int]:
    by_year = {flow.year: flow.benefit_minor - flow.cost_minor for flow in flows_of(case)}
    return [by_year.get(year, 0) for year in range(max(by_year, default=-1) + 1)]


def _years(case: BusinessCase) -> tuple[Term, ...]:
    rate = _rate(case)
    terms = []
    for place, flow in enumerate(flows_of(case)):
        net = [0] * flow.year + [flow.benefit_minor - flow.cost_minor]
        part = rnpv(net, [flow.p_percent] * len(net), rate)
        source = _("%(benefit)s − %(cost)s, %(percent)d %% likely, %(present)s today")
        words = {
            "benefit": wording.money(flow.benefit_minor, case.currency),
            "cost": wording.money(flow.cost_minor, case.currency),
            "percent": flow.p_percent,
            "present": _money(npv(net, rate), case.currency),
        }
        label = _("Year %(year)d") % {"year": flow.year}
        terms.append(Term("+" if place else "", label, source % words, _money(part, case.currency)))
    return tuple(terms)


def _rate(case: BusinessCase) -> Decimal:
    return Decimal(case.discount_rate_bp) / 10_000


def _figures(case: BusinessCase, figures: Appraisal) -> tuple[Fact, ...]:
    return (
        Fact(_("NPV"), _money(figures.npv, case.currency)),
        Fact(_("IRR"), _percent(figures.irr)),
        Fact(_("ROI"), _percent(figures.roi)),
        Fact(_("Payback"), _years_long(figures.payback)),
        Fact(_("Discounted payback"), _years_long(figures.discounted_payback)),
    )


def _facts(case: BusinessCase) -> tuple[Fact, ...]:
    rate = wording.with_unit(_rate(case) * 100, "%")
    facts = [
        Fact(_("Discount rate"), _("%(rate)s a year, year 0 is %(day)s") % {"rate": rate, "day": day(case.starts_on)}),
        Fact(_("Made by"), person_and_day(case.made_by, case.made_at)),
        Fact(_("Project"), f"{case.project.key} {case.project.title}", page("project", case.project.key)),
    ]
    return (*facts, Fact(_("Rests on"), case.note)) if case.note else tuple(facts)


def _money(figure: Figure, currency: str) -> str:
    return figure.reason if figure.value is None else wording.money(int(figure.value), currency)


def _percent(figure: Figure) -> str:
    return figure.reason if figure.value is None else wording.with_unit(figure.value * 100, "%", 1)


def _years_long(figure: Figure) -> str:
    if figure.value is None:
        return figure.reason
    return _("%(years)s years") % {"years": wording.number(figure.value, 1)}


Terms = Callable[[BusinessCase, Figure], tuple[Term, ...]]
_FIGURES: dict[str, tuple[Any, Any, Callable[[Figure], str] | None, Terms]] = {
    "npv": (
        gettext_lazy("NPV"),
        gettext_lazy("sum of cash flow ÷ (1 + r)^year; year 0 is not discounted"),
        None,
        _npv_terms,
    ),
    "irr": (gettext_lazy("IRR"), gettext_lazy("the discount rate at which NPV is zero"), _percent, _irr_terms),
    "roi": (gettext_lazy("ROI"), gettext_lazy("(benefits − costs) ÷ costs, not discounted"), _percent, _roi_terms),
    "payback": (
        gettext_lazy("Payback"),
        gettext_lazy("years until what was spent has come back and stays back; within a year the flow is even"),
        _years_long,
        _payback_terms,
    ),
    "discounted_payback": (
        gettext_lazy("Discounted payback"),
        gettext_lazy("the same with discounted years"),
        _years_long,
        _discounted_payback_terms,
    ),
}
FIGURES = tuple(_FIGURES)
