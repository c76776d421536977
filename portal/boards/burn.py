"""Spending against plan: is the money spent as fast as planned, and inside what was approved?"""

from datetime import date
from itertools import pairwise

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding
from portal.boards.charts.burn import Burn
from portal.boards.facts import PortfolioFacts
from portal.boards.rows import row_sums
from portal.templatetags.throughline import why
from portal.wording import money_minor


def burn_question(facts: PortfolioFacts) -> Finding:
    """Is the money spent as fast as planned, and is it inside what was approved?"""
    sums = row_sums(facts.rows, facts.currency)
    plan = _plan(facts)
    spent = _spent(facts, plan[0][0] if plan else None)
    by_now = _plan_on(plan, facts.today)
    unit = lambda minor: float(to_decimal(minor, facts.currency))  # noqa: E731
    data = Burn(
        tuple((day.isoformat(), unit(minor)) for day, minor in spent),
        tuple((day.isoformat(), unit(minor)) for day, minor in plan),
        unit(sums.planned),
        facts.currency,
        _("Spent"),
        _("Plan"),
        _("Approved"),
    )
    return Finding(
        title=_burn_title(facts, sums.planned, spent[-1][1] if spent else 0, by_now),
        how_to_read=_(
            "Money spent, by month of the ledger. Plan: each budget spread evenly over the days of its project."
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
                money_minor(_plan_on(plan, day), facts.currency, full=True),
            )
            for day, minor in spent
        ),
        absent=_("No budget is approved yet"),
        hope=_("Spending by month against the plan and the approved limit would be drawn here."),
    )


def _burn_title(facts: PortfolioFacts, planned: int, spent: int, by_now: int) -> str:
    figures = {
        "spent": why(reverse("explain-portfolio", args=["budget"]), money_minor(spent, facts.currency)),
        "approved": money_minor(planned, facts.currency),
        "gap": money_minor(abs(spent - by_now), facts.currency),
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


def _plan(facts: PortfolioFacts) -> list[tuple[date, int]]:
    dated = [row for row in facts.rows if row.money.planned and row.money.currency == facts.currency]
    if not dated:
        return []
    ends = {
        row.project.pk: max(
            row.project.due_on or date(row.project.started_on.year + 1, row.project.started_on.month, 1),
            row.project.started_on,
        )
        for row in dated
    }
    months = _months(min(row.project.started_on for row in dated), max(*ends.values(), facts.today))

    def planned(day: date) -> int:
        total = 0.0
        for row in dated:
            whole = max(1, (ends[row.project.pk] - row.project.started_on).days)
            total += row.money.planned * min(1.0, max(0.0, (day - row.project.started_on).days / whole))
        return round(total)

    return [(day, planned(day)) for day in months]


def _plan_on(plan: list[tuple[date, int]], day: date) -> int:
    """Between two months the plan runs straight."""
    for (before, low), (after, high) in pairwise(plan):
        if before <= day <= after:
            return round(low + (high - low) * (day - before).days / max(1, (after - before).days))
    return plan[-1][1] if plan and day > plan[-1][0] else 0


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
