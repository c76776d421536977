"""Why a figure of earned value is what it is: its spans, stages or lines, or the figures of its formula."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from finance.earned_value import EarnedValue, Figure, Method, earned_share, planned_value
from finance.models import Budget, BudgetLine
from finance.then import posted_then
from outcomes import wording
from outcomes.explain import Explanation, Fact, Term
from outcomes.querysets import day_ends
from portal.boards.earned_value import METHODS, EarnedFacts, Row, rows_of
from portal.wording import MINUS, day, money_minor, percent

Part = tuple[str, str, Fraction]  # what, where from, minor units
COUNTED = ("pv", "ev", "ac")


def slug_of(row: Row) -> str:
    """`spit` of SPI(t): the name of a figure in an address."""
    return slugify(row.short)


def explain_earned(what: str, budget: Budget, facts: EarnedFacts, *, is_past: bool) -> Explanation:
    """One figure of one budget, by the rule and the method that the page was asked for."""
    row = next((row for row in rows_of(facts) if slug_of(row) == what), None)
    if row is None:
        raise ObjectDoesNotExist(f"there is no figure {what!r}")
    terms = _terms(what, budget, facts, is_past) if row.value else ()
    return Explanation(
        _("Where %(total)s comes from") % {"total": row.value} if row.value else row.name,
        _("%(short)s, %(name)s of budget “%(budget)s” of %(project)s")
        % {"short": row.short, "name": row.name, "budget": budget.name, "project": budget.project.key},
        terms,
        (*_sources(what, budget, facts, is_past), *_facts(budget, facts)),
        row.reason or f"{row.short} = {row.formula}",
    )


def _terms(what: str, budget: Budget, facts: EarnedFacts, is_past: bool) -> tuple[Term, ...]:
    state, sums = facts.state, _Sums(facts.currency)
    if what == "pv":
        return sums.of_parts(_spans(facts), _("Planned value"), state.planned_value)
    if what == "bac":
        spans = ((_span(span.starts_on, span.ends_on), "", Fraction(span.minor)) for span in facts.plan)
        return sums.of_parts(spans, _("Budget at completion"), state.budget_at_completion)
    if what == "ev":
        return sums.of_parts(_stages(facts), _("Earned value"), state.earned_value)
    if what == "ac":
        return sums.of_parts(_lines(budget, facts, is_past), _("Actual cost"), state.actual_cost)
    return DERIVED[what](facts, sums)


def _spans(facts: EarnedFacts) -> Iterable[Part]:
    """What each period of the plan that has begun says for the day."""
    for span in facts.plan:
        reached = planned_value((span,), facts.until).value or Fraction(0)
        if reached:
            gone = min((facts.until - span.starts_on).days, (span.ends_on - span.starts_on).days)
            text = _("%(gone)d of %(days)d days of %(planned)s") % {
                "gone": gone,
                "days": (span.ends_on - span.starts_on).days,
                "planned": money_minor(span.minor, facts.currency, full=True),
            }
            yield _span(span.starts_on, span.ends_on), text, reached


def _stages(facts: EarnedFacts) -> Iterable[Part]:
    for stage in facts.stages:
        if stage.budget_minor:
            share = earned_share(stage, facts.rule).value or Fraction(0)
            text = _("%(share)s of %(planned)s, %(state)s") % {
                "share": percent(float(share), 1),
                "planned": money_minor(stage.budget_minor, facts.currency, full=True),
                "state": _("finished") if stage.is_finished else _("begun") if stage.is_started else _("not begun"),
            }
            yield stage.name, text, share * stage.budget_minor


def _lines(budget: Budget, facts: EarnedFacts, is_past: bool) -> Iterable[Part]:
    """What the ledger holds for each category."""
    words = dict(BudgetLine.Category.choices)
    for category, minor in _spent_by_category(budget, facts, is_past):
        yield str(words[category]), "", Fraction(minor or 0)


def _spent_by_category(budget: Budget, facts: EarnedFacts, is_past: bool) -> QuerySet:
    if is_past:
        posted = posted_then(day_ends(facts.on)).expenses().filter(line__budget=budget)
        by_category = posted.values_list("line__category").annotate(minor=Sum("amount_minor"))
        return by_category.order_by("line__category")
    return budget.lines.values_list("category").annotate(minor=Sum("spent_minor")).order_by("category")


def _span(starts_on: date, ends_on: date) -> str:
    first, end = (date_format(each, "j M Y") for each in (starts_on, ends_on))
    return _("%(first)s to before %(end)s") % {"first": first, "end": end}


@dataclass(frozen=True)
class _Sums:
    """Sums in one currency whose terms give their total to the minor unit."""

    currency: str

    def money(self, minor: int) -> str:
        return money_minor(minor, self.currency, full=True)

    def of_parts(self, parts: Iterable[Part], name: str, total: Figure) -> tuple[Term, ...]:
        """Parts that are added up."""
        signed = [("+" if place else "", *part) for place, part in enumerate(parts)]
        return self.closed(signed, name, total)

    def closed(self, parts: Iterable[tuple[str, str, str, Fraction]], name: str, total: Figure) -> tuple[Term, ...]:
        """Parts with their signs, what rounding each of them has taken or given, and the total as it is shown."""
        rounded = [(sign, label, source, round(value)) for sign, label, source, value in parts]
        terms = [Term(sign, label, source, self.money(minor)) for sign, label, source, minor in rounded]
        whole = total.minor or 0
        rest = whole - sum(-minor if sign == MINUS else minor for sign, _label, _source, minor in rounded)
        if rest:
            terms.append(Term("+" if rest > 0 else MINUS, _("Rounding"), "", self.money(abs(rest))))
        return (*terms, Term("=", name, "", self.money(whole)))


def _figure(sign: str, short: str, name: str, figure: Figure) -> tuple[str, str, str, Fraction]:
    return sign, short, name, figure.value or Fraction(0)


def _cv(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state = facts.state
    return sums.closed((_ev("", state), _ac(MINUS, state)), _("Cost variance"), state.cost_variance)


def _sv(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state = facts.state
    planned = _figure(MINUS, "PV", _("Planned value"), state.planned_value)
    return sums.closed((_ev("", state), planned), _("Schedule variance"), state.schedule_variance)


def _ev(sign: str, state: EarnedValue) -> tuple[str, str, str, Fraction]:
    return _figure(sign, "EV", _("Earned value"), state.earned_value)


def _ac(sign: str, state: EarnedValue) -> tuple[str, str, str, Fraction]:
    return _figure(sign, "AC", _("Actual cost"), state.actual_cost)


def _bac(sign: str, state: EarnedValue) -> tuple[str, str, str, Fraction]:
    return _figure(sign, "BAC", _("Budget at completion"), state.budget_at_completion)


def _cpi(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state = facts.state
    over = Term("÷", "AC", _("Actual cost"), sums.money(state.actual_cost.minor or 0))
    return _ratio(Term("", "EV", _("Earned value"), sums.money(state.earned_value.minor or 0)), over, "CPI", state.cpi)


def _spi(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state = facts.state
    over = Term("÷", "PV", _("Planned value"), sums.money(state.planned_value.minor or 0))
    return _ratio(Term("", "EV", _("Earned value"), sums.money(state.earned_value.minor or 0)), over, "SPI", state.spi)


def _spi_t(facts: EarnedFacts, _sums: _Sums) -> tuple[Term, ...]:
    begin = min(span.starts_on for span in facts.plan)
    days = lambda count: wording.with_unit(float(count), _("days"), 2)  # noqa: E731
    earned = Term("", "ES", _("days after which the plan stood where the work stands"), days(facts.schedule.value or 0))
    since = _("days since the plan began, %(day)s") % {"day": day(begin)}
    gone = Term("÷", "AT", since, days((facts.until - begin).days))
    return _ratio(earned, gone, "SPI(t)", facts.spi_t)


def _ratio(over: Term, under: Term, short: str, figure: Figure) -> tuple[Term, ...]:
    return (over, under, Term("=", short, "", wording.number(round(float(figure.value or 0), 2), 2)))


def _exact(sign: str, short: str, formula: str, figure: Figure) -> Term:
    """An index with the digits that the reader needs to compute with it."""
    return Term(sign, short, formula, wording.number(float(figure.value or 0)))


def _eac(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state, method = facts.state, facts.method
    name, total = _("Estimate at completion"), state.estimate_at_completion(method)
    if method is Method.ATYPICAL:
        return sums.closed((_ac("", state), _bac("+", state), _ev(MINUS, state)), name, total)
    if method is Method.BOTTOM_UP:
        rest = _figure(
            "+", "ETC", _("estimated cost of the stages that are left"), state.estimate_to_complete_bottom_up
        )
        return sums.closed((_ac("", state), rest), name, total)
    if method is Method.TYPICAL:
        planned = Term("", "BAC", _("Budget at completion"), sums.money(state.budget_at_completion.minor or 0))
        return planned, _exact("÷", "CPI", "EV / AC", state.cpi), Term("=", name, "", sums.money(total.minor or 0))
    left = Figure((state.budget_at_completion.value or Fraction(0)) - (state.earned_value.value or Fraction(0)))
    return (
        *sums.closed((_bac("", state), _ev(MINUS, state)), _("Work left"), left),
        _exact("÷", "CPI", "EV / AC", state.cpi),
        _exact("÷", "SPI", "EV / PV", state.spi),
        Term("+", "AC", _("Actual cost"), sums.money(state.actual_cost.minor or 0)),
        Term("=", name, "", sums.money(total.minor or 0)),
    )


def _etc(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    estimate = _figure("", "EAC", str(METHODS[facts.method]), facts.state.estimate_at_completion(facts.method))
    total = facts.state.estimate_to_complete(facts.method)
    return sums.closed((estimate, _ac(MINUS, facts.state)), _("Estimate to complete"), total)


def _vac(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    estimate = _figure(MINUS, "EAC", str(METHODS[facts.method]), facts.state.estimate_at_completion(facts.method))
    total = facts.state.variance_at_completion(facts.method)
    return sums.closed((_bac("", facts.state), estimate), _("Variance at completion"), total)


def _tcpi(facts: EarnedFacts, sums: _Sums) -> tuple[Term, ...]:
    state = facts.state
    budget = state.budget_at_completion.value or Fraction(0)
    work = Figure(budget - (state.earned_value.value or Fraction(0)))
    left = Figure(budget - (state.actual_cost.value or Fraction(0)))
    return (
        *sums.closed((_bac("", state), _ev(MINUS, state)), _("Work left"), work),
        Term("÷", _("Money left"), "BAC − AC", sums.money(left.minor or 0)),
        Term("=", "TCPI", "", wording.number(round(float(state.tcpi_bac.value or 0), 2), 2)),
    )


DERIVED: dict[str, Callable[[EarnedFacts, _Sums], tuple[Term, ...]]] = {
    "cv": _cv,
    "sv": _sv,
    "cpi": _cpi,
    "spi": _spi,
    "spit": _spi_t,
    "eac": _eac,
    "etc": _etc,
    "vac": _vac,
    "tcpi": _tcpi,
}


def explained_rows(budget: Budget, facts: EarnedFacts, *, is_past: bool) -> list[tuple[Row, str]]:
    """The figures, each with where it explains itself."""
    return [(row, _address(budget, slug_of(row), facts, is_past=is_past)) for row in rows_of(facts)]


def _address(budget: Budget, what: str, facts: EarnedFacts, *, is_past: bool) -> str:
    """By the same rule and method, as of the same day."""
    query = {"rule": facts.rule.value, "method": facts.method.value}
    if is_past:
        query["as_of"] = facts.on.isoformat()
    return f"{reverse('explain-earned', args=[budget.pk, what])}?{urlencode(query)}"


def _sources(what: str, budget: Budget, facts: EarnedFacts, is_past: bool) -> tuple[Fact, ...]:
    """A figure that is derived leads to those that are counted."""
    if what not in DERIVED:
        return ()
    found = {slug_of(row): row for row in rows_of(facts)}
    return tuple(
        Fact(found[each].name, found[each].value or found[each].reason, _address(budget, each, facts, is_past=is_past))
        for each in (*COUNTED, "bac")
    )


def _facts(budget: Budget, facts: EarnedFacts) -> tuple[Fact, ...]:
    return (
        Fact(_("A stage earns"), facts.rule_words),
        Fact(_("Estimate at completion"), f"{facts.method.value}: {METHODS[facts.method]}"),
        Fact(_("As of"), date_format(facts.on, "j M Y")),
        *((Fact(_("Ended"), date_format(facts.until, "j M Y")),) if facts.until < facts.on else ()),
        Fact(_("Budget"), budget.name, reverse("project-budget", args=[budget.project.key]) + f"?budget={budget.pk}"),
        Fact(_("Project"), f"{budget.project.key} {budget.project.title}", budget.project.get_absolute_url()),
    )
