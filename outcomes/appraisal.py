"""What a stream of cash flows is worth: NPV, IRR, ROI, payback and risk-adjusted NPV, exact to the minor unit.

Year t of a stream is the flow at index t; year 0 is today and is not discounted. A figure that is not defined is None
and says why. Formulas: Brealey, Myers, Allen, Principles of Corporate Finance; rNPV = sum CF_t p_t / (1 + r)^t.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, pairwise

from django.utils.translation import gettext as _

DIGITS = 60  # enough for thirty years of the largest amounts
HALVINGS = 260
TENTH_OF_BP = Decimal("0.000001")


@dataclass(frozen=True)
class Figure:
    """A figure, or the reason why there is none."""

    value: Decimal | None
    reason: str = ""


@dataclass(frozen=True)
class Flow:
    """One year of a case: what it costs, what it brings, and the probability that it comes to this."""

    year: int
    cost_minor: int
    benefit_minor: int
    p_percent: int = 100


@dataclass(frozen=True)
class Appraisal:
    """Every figure of one case. Amounts are minor units, rates are shares, periods are years."""

    npv: Figure
    irr: Figure
    roi: Figure
    payback: Figure
    discounted_payback: Figure
    rnpv: Figure


def appraise(flows: Iterable[Flow], rate: Decimal) -> Appraisal:
    """The figures of a case; years that are not named bring and cost nothing."""
    by_year = {flow.year: flow for flow in flows}
    years = [by_year.get(year, Flow(year, 0, 0)) for year in range(max(by_year, default=-1) + 1)]
    net = [flow.benefit_minor - flow.cost_minor for flow in years]
    return Appraisal(
        npv=npv(net, rate),
        irr=irr(net),
        roi=roi(sum(flow.benefit_minor for flow in years), sum(flow.cost_minor for flow in years)),
        payback=payback(net),
        discounted_payback=payback(net, rate),
        rnpv=rnpv(net, [flow.p_percent for flow in years], rate),
    )


def npv(net: Sequence[int], rate: Decimal) -> Figure:
    """Net present value in minor units, rounded once, half to even."""
    if not net:
        return Figure(None, _("The case has no cash flows. Add at least one year."))
    return Figure(_whole(sum(_discounted(net, rate), Decimal())))


def rnpv(net: Sequence[int], p_percent: Sequence[int], rate: Decimal) -> Figure:
    """NPV in which each year counts by the probability that the project comes to it."""
    if not net:
        return Figure(None, _("The case has no cash flows. Add at least one year."))
    parts = zip(_discounted(net, rate), p_percent, strict=True)
    return Figure(_whole(sum((flow * p / 100 for flow, p in parts), Decimal())))


def roi(benefit_minor: int, cost_minor: int) -> Figure:
    """(benefit - cost) / cost, undiscounted."""
    if cost_minor <= 0:
        return Figure(None, _("The case costs nothing, so there is nothing to relate the benefit to."))
    return Figure(Decimal(benefit_minor - cost_minor) / Decimal(cost_minor))


def payback(net: Sequence[int], rate: Decimal = Decimal(0)) -> Figure:
    """Years until the outlay has come back and stays back; within a year the flow is taken as even."""
    flows = _discounted(net, rate)
    sums = list(accumulate(flows))
    if not any(total < 0 for total in sums):
        return Figure(None, _("The case never lies below zero, so there is no outlay to pay back."))
    if sums[-1] < 0:
        return Figure(None, _("It is not paid back within the %(years)d years of the case.") % {"years": len(net) - 1})
    last = max(year for year, (before, after) in enumerate(pairwise(sums), 1) if before < 0 <= after)
    return Figure(last - 1 + -sums[last - 1] / flows[last])


def irr(net: Sequence[int]) -> Figure:
    """The rate at which NPV is zero. Refused where no rate or more than one does that."""
    flows = _trimmed(net)
    if not any(flow > 0 for flow in flows) or not any(flow < 0 for flow in flows):
        return Figure(None, _("Money only flows one way, so no rate brings it to zero."))
    roots = _positive_roots(flows)
    if roots == 0:
        return Figure(None, _("No rate brings these flows to zero."))
    if roots > 1 or flows[0] * flows[-1] > 0:
        return Figure(None, _("The flows turn more than once and several rates bring them to zero: read NPV instead."))
    return Figure((1 / _root(flows) - 1).quantize(TENTH_OF_BP))


def _discounted(net: Sequence[int], rate: Decimal) -> list[Decimal]:
    if rate <= -1:
        raise ValueError("a discount rate lies above -100 %")
    with localcontext(prec=DIGITS):
        return [Decimal(flow) / (1 + rate) ** year for year, flow in enumerate(net)]


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def _trimmed(net: Sequence[int]) -> list[int]:
    """Without the empty years at both ends, which move no root."""
    filled = [year for year, flow in enumerate(net) if flow]
    return list(net[filled[0] : filled[-1] + 1]) if filled else []


def _positive_roots(coefficients: Sequence[int]) -> int:
    """How many different x > 0 make sum c_t x^t zero, by Sturm's theorem in exact fractions."""
    chain = [[Fraction(each) for each in reversed(coefficients)]]
    chain.append(_derivative(chain[0]))
    while len(chain[-1]) > 1:
        rest = [-each for each in _remainder(chain[-2], chain[-1])]
        if not rest:
            break
        scale = abs(rest[0])
        chain.append([each / scale for each in rest])
    at_zero = [polynomial[-1] for polynomial in chain]
    at_infinity = [polynomial[0] for polynomial in chain]
    return _sign_changes(at_zero) - _sign_changes(at_infinity)


def _derivative(polynomial: Sequence[Fraction]) -> list[Fraction]:
    degree = len(polynomial) - 1
    return [each * (degree - place) for place, each in enumerate(polynomial[:-1])]


def _remainder(dividend: Sequence[Fraction], divisor: Sequence[Fraction]) -> list[Fraction]:
    """What is left of a division of polynomials, the highest power first; empty when nothing is."""
    rest = list(dividend)
    while len(rest) >= len(divisor):
        factor = rest[0] / divisor[0]
        rest = [each - factor * (divisor[place] if place < len(divisor) else 0) for place, each in enumerate(rest)][1:]
    while rest and rest[0] == 0:
        rest = rest[1:]
    return rest


def _sign_changes(values: Iterable[Fraction]) -> int:
    signs = [value > 0 for value in values if value != 0]
    return sum(before != after for before, after in pairwise(signs))


def _root(coefficients: Sequence[int]) -> Decimal:
    """The one x > 0 between 0 and Cauchy's bound where the polynomial changes its sign."""
    with localcontext(prec=DIGITS):
        exact = [Decimal(each) for each in coefficients]
        low, high = Decimal(0), 1 + max(map(abs, exact)) / abs(exact[-1])
        for _halving in range(HALVINGS):
            middle = (low + high) / 2
            if (_horner(exact, middle) > 0) == (exact[0] > 0):
                low = middle
            else:
                high = middle
        return (low + high) / 2


def _horner(coefficients: Sequence[Decimal], at: Decimal) -> Decimal:
    total = Decimal(0)
    for each in reversed(coefficients):
        total = total * at + each
    return total
