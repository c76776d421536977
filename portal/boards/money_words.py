"""What the money board says: the headline, the six key figures, the burn, and why each figure is what it is."""

from datetime import date

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding, Panel
from portal.boards.burn import burn_how, fan_rows, later_words, month_rows, spent_until
from portal.boards.charts.burn import Burn, burn
from portal.boards.money import MoneyFacts
from portal.boards.money_plan import planned_by
from portal.boards.outlook import crossing_words
from portal.boards.tiles import Tile
from portal.templatetags.throughline import why
from portal.wording import money_minor, percent


def headline_of(facts: MoneyFacts) -> SafeString:
    """How much is approved and used, what is left to commit, and whether it will last."""
    sums = facts.sums
    if not sums.planned and not sums.spent:
        return format_html("<strong>{}</strong> {}", _("No money is approved yet."), _("A budget begins with a plan."))
    sentences = [_used(facts), _available(facts), _later(facts)]
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences if sentence))


def _used(facts: MoneyFacts) -> SafeString:
    sums = facts.sums
    return format_html(
        _("<strong>{}</strong> of the approved {} is spent."),
        _explained(facts, "spent", percent(sums.spent / sums.planned))
        if sums.planned
        else money_minor(sums.spent, facts.currency),
        _explained(facts, "planned", money_minor(sums.planned, facts.currency)),
    )


def _available(facts: MoneyFacts) -> SafeString:
    sums = facts.sums
    if sums.available < 0:
        text = _("It is <strong>{} over</strong> what was released.")
    elif sums.held > 0:
        return format_html(
            _("<strong>{}</strong> is available to commit, {} waits behind gates."),
            _explained(facts, "available", money_minor(sums.available, facts.currency)),
            _explained(facts, "held", money_minor(sums.held, facts.currency)),
        )
    else:
        text = _("<strong>{}</strong> is available to commit.")
    return format_html(text, _explained(facts, "available", money_minor(abs(sums.available), facts.currency)))


def _later(facts: MoneyFacts) -> SafeString | None:
    words = crossing_words(facts.outlook, facts.currency) if facts.sums.spent < facts.sums.planned else ""
    if not words:
        return None
    sentence = words[0].upper() + words[1:]
    crossing = facts.outlook.crossing
    return format_html("{}.", _explained(facts, "crossing", sentence) if crossing and crossing.middle else sentence)


def _explained(facts: MoneyFacts, what: str, text: str) -> SafeString:
    return why(address(facts, what), text)


def address(facts: MoneyFacts, what: str) -> str:
    """Where a figure of this scope explains itself."""
    query = "&".join(filter(None, (facts.scope.query, f"as_of={facts.on.isoformat()}" if facts.on else "")))
    return reverse("money-explain", args=[what]) + (f"?{query}" if query else "")


def tiles_of(facts: MoneyFacts) -> tuple[Tile, ...]:
    """Approved, released, reserved, committed, spent, available: the way that money takes."""
    sums, currency = facts.sums, facts.currency
    amount = lambda minor: money_minor(minor, currency)  # noqa: E731
    of_released = lambda minor: (  # noqa: E731
        _("%(share)s of the released") % {"share": percent(minor / sums.released)} if sums.released else ""
    )
    by_now = planned_by(facts.plan, facts.today)
    behind = sums.spent - by_now
    return (
        _tile(facts, "planned", _("Approved"), _("in plans of all budgets"), tone=""),
        _tile(
            facts,
            "released",
            _("Released"),
            _("%(held)s held behind gates") % {"held": amount(sums.held)} if sums.held else _("nothing held back"),
        ),
        _tile(facts, "reserved", _("Reserved"), _("for jobs that wait or run")),
        _tile(facts, "committed", _("Committed"), _("ordered, not invoiced yet")),
        Tile(
            _("Spent"),
            amount(sums.spent),
            (),
            "",
            _("Planned by now: %(amount)s") % {"amount": amount(by_now)},
            (_("%(gap)s ahead of the plan") if behind > 0 else _("%(gap)s less than planned"))
            % {"gap": amount(abs(behind))},
            "warn" if behind > by_now * 0.02 else "good",
            "up" if behind > 0 else "dn",
            why=address(facts, "spent"),
        ),
        Tile(
            _("Available to commit"),
            amount(sums.available),
            (),
            "",
            of_released(max(0, sums.available)),
            _("over what was released") if sums.available < 0 else "",
            "bad" if sums.available < 0 else "good",
            "stopsign" if sums.available < 0 else "",
            why=address(facts, "available"),
        ),
    )


def _tile(facts: MoneyFacts, column: str, name: str, goal: str, tone: str = "") -> Tile:
    minor = getattr(facts.sums, column)
    return Tile(name, money_minor(minor, facts.currency), (), "", goal, tone=tone, why=address(facts, column))


def burn_question(facts: MoneyFacts) -> Finding:
    """Is the money spent as fast as planned, and when is the approved limit crossed?"""
    unit = lambda minor: float(to_decimal(round(minor), facts.currency))  # noqa: E731
    spent = _line(facts)
    planned = facts.sums.planned
    data = Burn(
        tuple((day.isoformat(), unit(minor)) for day, minor in spent),
        tuple((day.isoformat(), unit(minor)) for day, minor in facts.plan),
        unit(planned),
        facts.currency,
        _("Spent"),
        _("Plan"),
        _("Approved"),
        tuple((fan.on.isoformat(), unit(fan.p10), unit(fan.p50), unit(fan.p90)) for fan in facts.outlook.fan),
        _("Forecast"),
    )
    return Finding(
        title=burn_title(facts),
        how_to_read=burn_how(
            _("Money spent, by the month in which it took effect. Plan: approved versions by period, others evenly."),
            facts.outlook,
            later_words(facts.spend, facts.today, facts.currency),
        ),
        alt=_("Line chart: %(spent)s spent of %(planned)s approved, with a forecast fan")
        % {
            "spent": money_minor(facts.sums.spent, facts.currency),
            "planned": money_minor(planned, facts.currency),
        },
        data=data if planned or spent else None,
        columns=(_("Until"), _("Spent"), _("Plan")),
        rows=month_rows(spent, facts.plan, facts.currency) + fan_rows(facts.outlook, facts.currency),
        absent=_("No budget is approved yet"),
        hope=_("Spending by month against the plan, the approved limit and the forecast would be drawn here."),
    )


def burn_title(facts: MoneyFacts) -> str:
    """What is spent of what is approved, and the day on which it will be too much."""
    spent, planned = (money_minor(minor, facts.currency) for minor in (facts.sums.spent, facts.sums.planned))
    if not facts.sums.planned and not facts.sums.spent:
        return _("No money is approved yet")
    if facts.sums.spent >= facts.sums.planned:
        return _("%(spent)s spent, the approved %(planned)s is used up") % {"spent": spent, "planned": planned}
    words = crossing_words(facts.outlook, facts.currency)
    start = _("%(spent)s of %(planned)s spent") % {"spent": spent, "planned": planned}
    return f"{start}; {words}" if words else start


def _line(facts: MoneyFacts) -> list[tuple[date, int]]:
    """What was spent by each day; without a posting there is no line."""
    return spent_until(facts.spend, facts.today, facts.plan[0][0] if facts.plan else None) if facts.spend else []


BURN_PANEL = Panel("burn", burn_question, burn, span=8, height="320px")
