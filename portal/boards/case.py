"""What a business case says: each figure with its formula in words, or the reason why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from outcomes.appraisal import Figure
from outcomes.case import figures_of, flows_of
from outcomes.models import BusinessCase
from portal.wording import money_minor, number, percent


@dataclass(frozen=True)
class FigureInWords:
    """A figure as people read it; without one, `shown` is empty and `reason` says why. `kind` explains it."""

    name: str
    shown: str
    formula: str
    reason: str
    kind: str


@dataclass(frozen=True)
class YearRow:
    year: int
    cost_minor: int
    benefit_minor: int
    p_percent: int

    @property
    def net_minor(self) -> int:
        return self.benefit_minor - self.cost_minor


def years_of(case: BusinessCase) -> tuple[YearRow, ...]:
    return tuple(YearRow(flow.year, flow.cost_minor, flow.benefit_minor, flow.p_percent) for flow in flows_of(case))


def figures_in_words(case: BusinessCase) -> tuple[FigureInWords, ...]:
    """The figures that decide, the one after risk first."""
    figures = figures_of(case)
    money = lambda value: money_minor(int(value), case.currency)  # noqa: E731
    share = lambda value: percent(float(value), 1)  # noqa: E731
    years = lambda value: _("%(years)s years") % {"years": number(value, 1)}  # noqa: E731
    return (
        _said(
            "case",
            _("Value after risk (rNPV)"),
            figures.rnpv,
            money,
            _("Each year's benefit less cost, times its probability, discounted to year 0, and added up"),
        ),
        _said(
            "case-npv",
            _("NPV"),
            figures.npv,
            money,
            _("Each year's benefit less cost, discounted to year 0, and added up"),
        ),
        _said("case-irr", _("IRR"), figures.irr, share, _("The discount rate at which NPV would be zero")),
        _said(
            "case-roi",
            _("ROI"),
            figures.roi,
            share,
            _("All benefits less all costs, divided by all costs; not discounted"),
        ),
        _said(
            "case-payback",
            _("Payback"),
            figures.payback,
            years,
            _("Years until what was spent has come back and stays back"),
        ),
        _said(
            "case-discounted_payback",
            _("Discounted payback"),
            figures.discounted_payback,
            years,
            _("The same with discounted years"),
        ),
    )


def _said(kind: str, name: str, figure: Figure, shown: Callable[[Decimal], str], formula: str) -> FigureInWords:
    if figure.value is None:
        return FigureInWords(name, "", formula, figure.reason, kind)
    return FigureInWords(name, shown(figure.value), formula, "", kind)


def sentence_of(case: BusinessCase) -> str:
    """Is it worth it?"""
    figures = figures_of(case)
    if figures.rnpv.value is None:
        return figures.rnpv.reason
    words = {"value": money_minor(int(figures.rnpv.value), case.currency), "n": case.version}
    if figures.payback.value is None:
        return _("After risk it is worth %(value)s (version %(n)d).") % words + " " + figures.payback.reason
    words["years"] = number(figures.payback.value, 1)
    return _("After risk it is worth %(value)s and pays back in %(years)s years (version %(n)d).") % words
