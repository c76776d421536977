"""Spending against plan: is the money spent as fast as planned, and inside what was approved?"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding
from portal.boards.charts.burn import Burn
from portal.boards.facts import PortfolioFacts
from portal.boards.money_plan import Plan, planned_by, together
from portal.boards.outlook import Outlook, crossing_words, outlook_of
from portal.boards.rows import ProjectRow, row_sums
from portal.templatetags.throughline import why
from portal.wording import money_minor

Spend = Sequence[tuple[date, int]]  # month, minor units


def burn_question(facts: PortfolioFacts) -> Finding:
    """Is the money spent as fast as planned, and is it inside what was approved?"""
    sums = row_sums(facts.rows, facts.currency)
    plan = together([row.plan for row in with_plan(facts.rows, facts.currency)], facts.today)
    spent = spent_until(facts.spend, facts.today, plan[0][0] if plan else None)
    total = sum(minor for _month, minor in facts.spend)
    by_now = planned_by(plan, facts.today)
    outlook = outlook_of(facts.spend, limit=sums.planned, today=facts.today, until=plan[-1][0] if plan else facts.today)
    unit = lambda minor: float(to_decimal(round(minor), facts.currency))  # noqa: E731
    data = Burn(
        tuple((day.isoformat(), unit(minor)) for day, minor in spent),
        tuple((day.isoformat(), unit(minor)) for day, minor in plan),
        unit(sums.planned),
        facts.currency,
        _("Spent"),
        _("Plan"),
        _("Approved"),
        tuple((fan.on.isoformat(), unit(fan.p10), unit(fan.p50), unit(fan.p90)) for fan in outlook.fan),
        _("Forecast"),
    )
    return Finding(
        title=_burn_title(facts, sums.planned, total, by_now, outlook),
        how_to_read=burn_how(
            _("Money spent, by month of the ledger. Plan: approved versions by period, others evenly."),
            outlook,
            later_words(facts.spend, facts.today, facts.currency),
        ),
        alt=_("Line chart: %(spent)s spent of %(planned)s approved")
        % {
            "spent": money_minor(total, facts.currency),
            "planned": money_minor(sums.planned, facts.currency),
        },
        data=data if sums.planned or spent else None,
        columns=(_("Until"), _("Spent"), _("Plan")),
        rows=month_rows(spent, plan, facts.currency) + fan_rows(outlook, facts.currency),
        absent=_("No budget is approved yet"),
        hope=_("Spending by month against the plan and the approved limit would be drawn here."),
    )


def burn_how(how: str, outlook: Outlook, later: str) -> str:
    """What the fan is, or why there is none, and what stands in the ledger for months to come."""
    fan = _("Fan: P10 to P90 from the pace of the last whole months.") if outlook.fan else outlook.reason
    return " ".join(filter(None, (how, fan, later)))


def later_words(spend: Spend, today: date, currency: str) -> str:
    """What is posted into months that have not begun: it belongs to no line that ends today."""
    later = sum(minor for month, minor in spend if month > today)
    return (
        _("Dated later than today and not drawn: %(amount)s.") % {"amount": money_minor(later, currency)}
        if later
        else ""
    )


def month_rows(spent: Spend, plan: Plan, currency: str) -> tuple[tuple[str, str, str], ...]:
    """The line and its plan as the table twin says them."""
    return tuple(
        (
            day.isoformat(),
            money_minor(minor, currency, full=True),
            money_minor(planned_by(plan, day), currency, full=True),
        )
        for day, minor in spent
    )


def fan_rows(outlook: Outlook, currency: str) -> tuple[tuple[str, str, str], ...]:
    """The forecast under the months of the table twin: the middle, then its range."""
    return tuple(
        (
            fan.on.isoformat(),
            _("forecast %(amount)s") % {"amount": money_minor(round(fan.p50), currency, full=True)},
            f"P10 {money_minor(round(fan.p10), currency)}, P90 {money_minor(round(fan.p90), currency)}",
        )
        for fan in outlook.fan[1:]
    )


def _burn_title(facts: PortfolioFacts, planned: int, spent: int, by_now: int, outlook: Outlook) -> str:
    """What is spent, and when it will be too much."""
    so_far = _spent_so_far(facts, planned, spent, by_now)
    later = crossing_words(outlook, facts.currency) if spent < planned else ""
    return format_html("{}; {}", so_far, later) if later else so_far


def _spent_so_far(facts: PortfolioFacts, planned: int, spent: int, by_now: int) -> str:
    figures = {
        "spent": why(facts.explained_at("budget"), money_minor(spent, facts.currency)),
        "approved": money_minor(planned, facts.currency),
        "gap": why(facts.explained_at("plan"), money_minor(abs(spent - by_now), facts.currency)),
    }
    if not planned:
        return (
            format_html(_("{spent} spent without an approved budget"), **figures)
            if spent
            else _("Nothing is approved and nothing is spent")
        )
    if spent > planned:
        return format_html(_("{spent} spent, more than the approved {approved}"), **figures)
    if by_now and spent > by_now * 1.02:
        return format_html(_("{spent} of {approved} spent, {gap} ahead of the plan"), **figures)
    if by_now and spent < by_now * 0.98:
        return format_html(_("{spent} of {approved} spent, {gap} less than planned by now"), **figures)
    return format_html(_("{spent} of {approved} spent, as planned"), **figures)


def with_plan(rows: Iterable[ProjectRow], currency: str) -> list[ProjectRow]:
    """The rows whose budget is a plan in that currency."""
    return [row for row in rows if row.plan and row.money.currency == currency]


def spent_until(spend: Spend, today: date, start: date | None = None) -> list[tuple[date, int]]:
    """Cumulative, each month's money standing at the month's end; it ends today, whatever is dated later."""
    begun = [(month, minor) for month, minor in spend if month <= today]
    if not begun:
        return [(start, 0), (today, 0)] if start and start < today else []
    line, total = [(min(start or begun[0][0], begun[0][0]), 0)], 0
    for month, minor in begun:
        total += minor
        line.append((min(date(month.year + month.month // 12, month.month % 12 + 1, 1), today), total))
    if line[-1][0] < today:
        line.append((today, total))
    return line
