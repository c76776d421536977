"""The portfolio board: where the value is, how far along the line the money stands, whether spending follows the plan."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import ngettext

from finance.money import to_decimal
from portal.boards.board import Board, Finding, Panel
from portal.boards.charts.bubbles import Bubble, Bubbles, bubbles
from portal.boards.charts.burn import Burn, burn
from portal.boards.facts import PortfolioFacts
from portal.boards.rows import ProjectRow, row_sums
from portal.wording import money_minor, number, percent

MOST = 0.6  # this share of the value counts as "most of it"


def worth_question(facts: PortfolioFacts) -> Finding:
    """Which projects carry the value, and how near are they to their targets?"""
    shown = [row for row in facts.rows if row.value and row.value.currency == facts.currency and row.reached is not None]
    absent = len(facts.rows) - len(shown)
    how = _("Area: money still to spend. Colour: station reached. Hollow: hypothesis, not signed.")
    if absent and shown:
        how += " " + ngettext("%(n)s project without value or measurement is not drawn.",
                              "%(n)s projects without value or measurement are not drawn.", absent) % {"n": absent}
    data = Bubbles(
        points=tuple(_bubble(row) for row in shown), currency=facts.currency,
        value_label=_("Net value a year"), reached_label=_("Way to the KPI target"), left_label=_("Still to spend"),
        hypothesis_label=_("hypothesis"),
        corners=(_("Small, target near: finish"), _("Large, target near: roll out"), _("Small, target far: question"), _("Large, target far: push")),
    )
    return Finding(
        title=_worth_title(shown), how_to_read=how,
        alt=_("Bubble chart of %(n)s projects by net value a year and way to the KPI target") % {"n": len(shown)},
        data=data if shown else None,
        columns=(_("Project"), _("Station"), _("Net value a year"), _("Way to the target"), _("Still to spend")),
        rows=tuple((row.project.title, str(row.station.label), money_minor(row.net_minor, facts.currency), percent(row.reached),
                    money_minor(row.money.left, row.money.currency)) for row in shown),
        absent=_("No project has a value and a measured KPI yet"),
        hope=_("Each project with a value contract, a finished run and a measurement would be a bubble here."),
    )


def _bubble(row: ProjectRow) -> Bubble:
    currency = row.value.currency  # type: ignore[union-attr]
    return Bubble(row.project.title, float(to_decimal(row.net_minor or 0, currency)), round(row.reached or 0, 4),
                  float(to_decimal(row.money.left, row.money.currency)), row.station.position + 1,
                  row.value.is_hypothesis, row.health.tone == "bad")  # type: ignore[union-attr]


def _worth_title(rows: list[ProjectRow]) -> str:
    """The few that carry most of the value, and how near the largest is to its target."""
    ranked = sorted((row for row in rows if (row.net_minor or 0) > 0), key=lambda row: -(row.net_minor or 0))
    total = sum(row.net_minor or 0 for row in ranked)
    if not total:
        return _("No value yet")
    carried, carriers = 0, 0
    while carried < MOST * total:
        carried += ranked[carriers].net_minor or 0
        carriers += 1
    first = ranked[0]
    figures = {"n": number(carriers), "share": percent(carried / total), "name": first.project.title, "reached": percent(first.reached)}
    if carriers == 1:
        return _("%(name)s carries %(share)s of the value and has gone %(reached)s of the way to its target") % figures
    return _("%(n)s projects carry %(share)s of the value; %(name)s, the largest, has gone %(reached)s of the way to its target") % figures


def burn_question(facts: PortfolioFacts) -> Finding:
    """Is the money spent as fast as planned, and is it inside what was approved?"""
    sums = row_sums(facts.rows, facts.currency)
    plan = _plan(facts)
    spent = _spent(facts, plan[0][0] if plan else None)
    by_now = _plan_on(plan, facts.today)
    unit = lambda minor: float(to_decimal(minor, facts.currency))  # noqa: E731
    data = Burn(tuple((day.isoformat(), unit(minor)) for day, minor in spent), tuple((day.isoformat(), unit(minor)) for day, minor in plan),
                unit(sums.planned), facts.currency, _("Spent"), _("Plan"), _("Approved"))
    return Finding(
        title=_burn_title(facts, sums.planned, spent[-1][1] if spent else 0, by_now),
        how_to_read=_("Money spent, by month of the ledger. Plan: each budget spread evenly from the start of its project to its due date."),
        alt=_("Line chart: %(spent)s spent of %(planned)s approved") % {
            "spent": money_minor(spent[-1][1] if spent else 0, facts.currency), "planned": money_minor(sums.planned, facts.currency)},
        data=data if sums.planned or spent else None,
        columns=(_("Until"), _("Spent"), _("Plan")),
        rows=tuple((day.isoformat(), money_minor(minor, facts.currency, full=True), money_minor(_plan_on(plan, day), facts.currency, full=True))
                   for day, minor in spent),
        absent=_("No budget is approved yet"),
        hope=_("Spending by month against the plan and the approved limit would be drawn here."),
    )


def _burn_title(facts: PortfolioFacts, planned: int, spent: int, by_now: int) -> str:
    figures = {"spent": money_minor(spent, facts.currency), "approved": money_minor(planned, facts.currency),
               "gap": money_minor(abs(spent - by_now), facts.currency)}
    if not planned:
        return _("%(spent)s spent without an approved budget") % figures if spent else _("Nothing is approved and nothing is spent")
    if spent > planned:
        return _("%(spent)s spent, more than the approved %(approved)s") % figures
    if by_now and spent > by_now * 1.02:
        return _("%(spent)s of %(approved)s spent, %(gap)s ahead of the plan") % figures
    if by_now and spent < by_now * 0.98:
        return _("%(spent)s of %(approved)s spent, %(gap)s less than planned by now") % figures
    return _("%(spent)s of %(approved)s spent, as planned") % figures


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
    ends = {row.project.pk: max(row.project.due_on or date(row.project.started_on.year + 1, row.project.started_on.month, 1), row.project.started_on)
            for row in dated}
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
    for (before, low), (after, high) in zip(plan, plan[1:], strict=False):
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
        line.append((min(date(month.year + month.month // 12, month.month % 12 + 1, 1), max(facts.today, month)), total))
    if line[-1][0] < facts.today:
        line.append((facts.today, total))
    return line


BOARD = Board(
    slug="portfolio",
    title=gettext_lazy("Portfolio"),  # type: ignore[arg-type]
    panels=(
        Panel("worth", worth_question, bubbles, span=7, height="424px"),
        Panel("burn", burn_question, burn, span=7, height="300px"),
    ),
)

