"""Spending against plan: is the money spent as fast as planned, and inside what was approved?"""

from collections.abc import Iterable
from datetime import date

from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding
from portal.boards.charts.burn import Burn
from portal.boards.facts import PortfolioFacts
from portal.boards.outlook import Outlook, crossing_words, outlook_of
from portal.boards.rows import ProjectRow, row_sums
from portal.templatetags.throughline import why
from portal.wording import money_minor


def burn_question(facts: PortfolioFacts) -> Finding:
    """Is the money spent as fast as planned, and is it inside what was approved?"""
    sums = row_sums(facts.rows, facts.currency)
    plan = _plan(facts)
    spent = _spent(facts, plan[0][0] if plan else None)
    planned = with_plan(facts.rows, facts.currency)
    by_now = _planned(planned, facts.today)
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
            _("Money spent, by month of the ledger. Plan: each budget spread evenly over the days of its project."),
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
                money_minor(_planned(planned, day), facts.currency, full=True),
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


def _months(first: date, last: date) -> list[date]:
    """First days of months from one to the other, and the two ends themselves."""
    days, day = [first], first
    while (day := date(day.year + day.month // 12, day.month % 12 + 1, 1)) < last:
        days.append(day)
    return [*days, last] if last > first else days


def with_plan(rows: Iterable[ProjectRow], currency: str) -> list[ProjectRow]:
    """The rows whose budget is a plan in that currency."""
    return [row for row in rows if row.money.planned and row.money.currency == currency]


def days_gone(row: ProjectRow, day: date) -> float:
    """The share of a project's days that has gone by; one without an end is planned for a year."""
    start = row.project.started_on
    return min(1.0, max(0.0, (day - start).days / max(1, (_end_of(row) - start).days)))


def planned_by(row: ProjectRow, day: date) -> int:
    """The part of a budget that should be spent by a day, when it is spread evenly over the days of its project."""
    return round(row.money.planned * days_gone(row, day))


def _end_of(row: ProjectRow) -> date:
    start = row.project.started_on
    return max(row.project.due_on or date(start.year + 1, start.month, 1), start)


def _plan(facts: PortfolioFacts) -> list[tuple[date, int]]:
    rows = with_plan(facts.rows, facts.currency)
    if not rows:
        return []
    months = _months(min(row.project.started_on for row in rows), max(*map(_end_of, rows), facts.today))
    return [(day, _planned(rows, day)) for day in months]


def _planned(rows: Iterable[ProjectRow], day: date) -> int:
    return sum(planned_by(row, day) for row in rows)


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
