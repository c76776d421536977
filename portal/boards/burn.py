"""Spending against plan: is the money spent as fast as planned, and inside what was approved?"""

from collections.abc import Iterable
from datetime import date

from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding
from portal.boards.charts.burn import Burn
from portal.boards.facts import PortfolioFacts
from portal.boards.money_plan import planned_by, together
from portal.boards.outlook import Outlook, crossing_words, outlook_of
from portal.boards.rows import ProjectRow, row_sums
from portal.templatetags.throughline import why
from portal.wording import money_minor


def burn_question(facts: PortfolioFacts) -> Finding:
    """Is the money spent as fast as planned, and is it inside what was approved?"""
    sums = row_sums(facts.rows, facts.currency)
    plan = together([row.plan for row in with_plan(facts.rows, facts.currency)], facts.today)
    spent = _spent(facts, plan[0][0] if plan else None)
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
        title=_burn_title(facts, sums.planned, spent[-1][1] if spent else 0, by_now, outlook),
        how_to_read=burn_how(
            _("Money spent, by month of the ledger. Plan: approved versions by period, others evenly."),
            outlook,
        ),
        alt=_("Line chart: %(spent)s spent of %(planned)s approved")
        % {
            "spent": money_minor(spent[-1][1] if spent else 0, facts.currency),
            "planned": money_minor(sums.planned, facts.currency),
        },
        data=data if sums.planned or spent else None,
        columns=(_("Until"), _("Spent"), _("Plan")),
        rows=tuple(
            (
                day.isoformat(),
                money_minor(minor, facts.currency, full=True),
                money_minor(planned_by(plan, day), facts.currency, full=True),
            )
            for day, minor in spent
        )
        + fan_rows(outlook, facts.currency),
        absent=_("No budget is approved yet"),
        hope=_("Spending by month against the plan and the approved limit would be drawn here."),
    )


def burn_how(how: str, outlook: Outlook) -> str:
    """What the fan is, or why there is none."""
    fan = _("Fan: P10 to P90 from the pace of the last whole months.") if outlook.fan else outlook.reason
    return f"{how} {fan}"


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
    so_far, later = _spent_so_far(facts, planned, spent, by_now), crossing_words(outlook) if spent < planned else ""
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


def _spent(facts: PortfolioFacts, start: date | None) -> list[tuple[date, int]]:
    """Cumulative, each month's money standing at the month's end; the running month ends today."""
    if not facts.spend:
        return [(start, 0), (facts.today, 0)] if start and start < facts.today else []
    line = [(min(start or facts.spend[0][0], facts.spend[0][0]), 0)]
    total = 0
    for month, minor in facts.spend:
        total += minor
        line.append(
            (min(date(month.year + month.month // 12, month.month % 12 + 1, 1), max(facts.today, month)), total)
        )
    if line[-1][0] < facts.today:
        line.append((facts.today, total))
    return line
