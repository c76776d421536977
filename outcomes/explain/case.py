"""The chain of a business case: its years, discounted and weighed by their probability, and the other figures of it."""

from decimal import Decimal

from django.utils.translation import gettext as _

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
