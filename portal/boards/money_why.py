"""Why a figure of the money board is what it is: its categories, the parts below it, or the rows of one month."""

import re
from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.models import BudgetLine, LedgerEntry, MonthSpend
from finance.sums import COLUMNS, Sums
from finance.then import months_then, posted_then
from outcomes.explain import Explanation, Fact, Term
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.crossing_why import explain_crossing
from portal.boards.lines import rows_of
from portal.boards.money import MoneyFacts
from portal.boards.summed import NAMED, Part, summed
from portal.wording import MINUS, money_minor, percent

MONTH = re.compile(r"month-(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2]))(?:-(?P<category>[a-z]+))?")
VARIANCE = ("fx-together", "fx-until_order", "fx-since")


def explain_money(what: str, facts: MoneyFacts, user: User) -> Explanation:
    """A figure of the board of one scope, as of the day of the facts."""
    if what == "crossing":
        return explain_crossing(facts)
    if found := MONTH.fullmatch(what):
        return _month(date.fromisoformat(f"{found['month']}-01"), found["category"] or "", facts, user)
    if what in VARIANCE:
        return _variance(what.removeprefix("fx-"), facts, user)
    if what == "used":
        return _used(facts)
    if what not in {*COLUMNS, "available", "held"}:
        raise ObjectDoesNotExist(f"there is no sum {what!r}")
    total, currency = facts.sums, facts.currency
    amount = getattr(total, what)
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(amount, currency)},
        facts.scope.name or _("All budgets that you may see"),
        way_to(what, total, currency) or by_category(what, facts.by_category, amount, currency),
        (*_parts(what, facts), _kept_in(currency)),
        _("Released less reservations, commitments and actuals: what may still be committed.")
        if what == "available"
        else "",
    )


def way_to(what: str, total: Sums, currency: str) -> tuple[Term, ...]:
    """What is derived from the columns; nothing for a column itself."""
    amount = lambda minor: money_minor(minor, currency, full=True)  # noqa: E731
    approved = Term("", _("Approved"), _("planned on all lines"), amount(total.planned))
    if what == "held":
        return (
            approved,
            Term(MINUS, _("Released"), _("may be used"), amount(total.released)),
            Term("=", _("Not released yet"), _("waits behind gates"), amount(total.held)),
        )
    if what != "available":
        return ()
    return (
        approved,
        Term(MINUS, _("Not released yet"), _("waits behind gates"), amount(total.held)),
        Term(MINUS, _("Reserved"), _("approved intent, such as a queued job"), amount(total.reserved)),
        Term(MINUS, _("Committed"), _("ordered, not invoiced"), amount(total.committed)),
        Term(MINUS, _("Spent"), _("posted in the ledger"), amount(total.spent)),
        Term("=", _("Available to commit"), "", amount(total.available)),
    )


def by_category(what: str, categories: dict[str, Sums], total: int, currency: str) -> tuple[Term, ...]:
    """A column as the sum over its categories."""
    words = dict(BudgetLine.Category.choices)
    terms = [
        Term("+" if index else "", str(words[category]), "", money_minor(getattr(sums, what), currency, full=True))
        for index, (category, sums) in enumerate(categories.items())
    ]
    return (*terms, Term("=", _("Together"), "", money_minor(total, currency, full=True)))


def used_terms(sums: Sums, currency: str) -> tuple[Term, ...]:
    """What is used of what is released."""
    amount = lambda minor: money_minor(minor, currency, full=True)  # noqa: E731
    return (
        Term("", _("Reserved"), "", amount(sums.reserved)),
        Term("+", _("Committed"), "", amount(sums.committed)),
        Term("+", _("Spent"), "", amount(sums.spent)),
        Term("=", _("Used"), "", amount(sums.used)),
        Term("÷", _("Released"), "", amount(sums.released)),
        Term("=", _("Used of the released"), "", percent(sums.used_share or 0)),
    )


def _used(facts: MoneyFacts) -> Explanation:
    if facts.sums.used_share is None:
        raise ObjectDoesNotExist("nothing is released")
    return Explanation(
        _("Where %(total)s comes from") % {"total": percent(facts.sums.used_share)},
        facts.scope.name or _("All budgets that you may see"),
        used_terms(facts.sums, facts.currency),
        (*_parts("used", facts), _kept_in(facts.currency)),
    )


def _parts(what: str, facts: MoneyFacts) -> tuple[Fact, ...]:
    """The same figure one level down."""
    named = [part for part in facts.parts if what != "used" or part.sums.used_share is not None][:NAMED]
    if facts.scope.project or what == "crossing":
        return ()
    text = lambda sums: (  # noqa: E731
        percent(sums.used_share) if what == "used" else money_minor(getattr(sums, what), facts.currency, full=True)
    )
    return tuple(Fact(part.name, text(part.sums), _address(what, part.query, facts.on)) for part in named)


def _address(what: str, query: str, on: date | None) -> str:
    query = "&".join(filter(None, (query, f"as_of={on.isoformat()}" if on else "")))
    return reverse("money-explain", args=[what]) + (f"?{query}" if query else "")


def _kept_in(currency: str) -> Fact:
    return Fact(_("Kept in"), _("budgets in %(currency)s; others are not in the sum") % {"currency": currency})


def _month(month: date, category: str, facts: MoneyFacts, user: User) -> Explanation:
    """What one month cost, by category; or what it cost in one category, by project."""
    spent = facts.months.get(month, {})
    words = dict(BudgetLine.Category.choices)
    if not spent or (category and not spent.get(category)):
        raise ObjectDoesNotExist(f"nothing was spent in {month}")
    currency, name = facts.currency, date_format(month, "F Y")
    lines = _lines(facts, user)
    if category:
        total, subtitle = spent[category], _("%(category)s in %(month)s") % {"category": words[category], "month": name}
        terms = summed(by_project(lines.filter(category=category), month, facts.on), name, total, currency)
    else:
        total, subtitle = sum(spent.values()), _("All that took effect in %(month)s") % {"month": name}
        parts = [(str(words[each]), "", minor) for each, minor in spent.items()]
        terms = summed(parts, name, total, currency)
    scope = facts.scope.query
    further = tuple(
        Fact(
            str(words[each]),
            money_minor(minor, currency, full=True),
            _address(f"month-{month:%Y-%m}-{each}", scope, facts.on),
        )
        for each, minor in spent.items()
        if minor and not category
    )
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, currency)},
        f"{facts.scope.name}: {subtitle}" if facts.scope.name else subtitle,
        terms,
        (*further, _kept_in(currency)),
        _("By the day on which it took effect; reversals count negative"),
    )


def _lines(facts: MoneyFacts, user: User) -> QuerySet[BudgetLine]:
    return rows_of(user, facts.scope, facts.on).filter(budget__currency=facts.currency)


def by_project(lines: QuerySet[BudgetLine], month: date, on: date | None) -> list[Part]:
    """What a month cost by project, the dearest first."""
    rows = MonthSpend.objects.filter(line__in=lines) if on is None else months_then(lines, day_ends(on))
    project = "line__budget__project__key"
    sums = rows.filter(month=month).order_by().values_list(project, "line__budget__project__title")
    found = [(f"{key} {title}", "", minor) for key, title, minor in sums.annotate(minor=Sum("amount_minor"))]
    return sorted(found, key=lambda part: (-part[2], part[0]))


def _variance(what: str, facts: MoneyFacts, user: User) -> Explanation:
    return variance_of(what, _lines(facts, user), facts.currency, facts.on, facts.scope.name, facts.fx_variance)


def variance_of(
    what: str, lines: QuerySet[BudgetLine], currency: str, on: date | None, name: str, variance: object
) -> Explanation:
    """What exchange rates alone have cost, by project; the whole of it by its two spans."""
    total, subtitle = getattr(variance, what), _("What exchange rates alone have cost since money was planned")
    spans = {
        "until_order": (_("From the rate of the budget to that of the order"), Q(commitment__isnull=False)),
        "since": (_("Since the order, or since the budget where nothing was ordered"), Q(commitment=None)),
    }
    if what == "together":
        parts = [(words, "", getattr(variance, span)) for span, (words, _rows) in spans.items()]
    else:
        subtitle, rows = spans[what]
        known = LedgerEntry.objects.all() if on is None else posted_then(day_ends(on))
        known = known.filter(rows, line__in=lines, account=LedgerEntry.Account.FX_VARIANCE).order_by()
        sums = known.values_list("line__budget__project__key", "line__category").annotate(minor=Sum("amount_minor"))
        words = dict(BudgetLine.Category.choices)
        parts = [(key, str(words[category]), minor) for key, category, minor in sums]
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, currency)},
        f"{name}: {subtitle}" if name else subtitle,
        summed(sorted(parts, key=lambda part: -abs(part[2])), _("Together"), total, currency),
        (),
        _("An amount in another currency is booked at the rate of its day; the difference to the rate it was planned "
          "at stands in an account of its own."),
    )  # fmt: skip
