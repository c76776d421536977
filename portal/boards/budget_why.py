"""Why a figure of one budget is what it is: its lines, or the rows that one line counts."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.models import BudgetLine, PlanLine, Reservation
from finance.sums import COLUMNS
from outcomes.explain import Explanation, Fact, Term
from people.models import User
from portal.boards.budget import BudgetFacts, commitments_of
from portal.boards.budget_then import set_open_then
from portal.boards.money import fx_variance_of, month_sums
from portal.boards.money_why import VARIANCE, by_category, variance_of, way_to
from portal.boards.summed import Part, summed
from portal.wording import MINUS, day, money_minor
from trainingjobs.models import TrainingJob


def explain_budget_figure(what: str, facts: BudgetFacts, key: str, user: User, on: date | None) -> Explanation:
    """A column of the budget or of one of its lines, a shift against the baseline, or what exchange rates cost."""
    budget = facts.budget
    name = _("Budget “%(budget)s” of %(project)s") % {"budget": budget.name, "project": budget.project.key}
    if what in VARIANCE:
        lines = budget.lines.order_by()
        return variance_of(
            what.removeprefix("fx-"), lines, budget.currency, on, name, fx_variance_of(lines, on)
        )  # fmt: skip
    if what.startswith("shift-"):
        return _shift(what.removeprefix("shift-"), facts, name)
    if what.startswith("order-"):
        return _order(what.removeprefix("order-"), facts, name, user, on)
    if what not in {*COLUMNS, "available", "held"}:
        raise ObjectDoesNotExist(f"there is no figure {what!r}")
    if key:
        line = next((line for line in facts.lines if str(line.pk) == key), None)
        if line is None:
            raise ObjectDoesNotExist(f"there is no line {key!r}")
        return _line(what, line, facts, name, user, on)
    total = getattr(facts.sums, what)
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, budget.currency)},
        name,
        way_to(what, facts.sums, budget.currency)
        or by_category(what, {line.category: line.sums for line in facts.lines}, total, budget.currency),
        tuple(
            Fact(
                str(line.get_category_display()),
                money_minor(getattr(line.sums, what), budget.currency, full=True),
                address(what, facts, on, line),
            )
            for line in facts.lines
        ),
    )


def address(what: str, facts: BudgetFacts, on: date | None, line: BudgetLine | None = None) -> str:
    """Where a figure of the budget, or of one of its lines, explains itself."""
    query = [f"line={line.pk}"] if line else []
    query += [f"as_of={on.isoformat()}"] if on else []
    return reverse("explain-budget", args=[facts.budget.pk, what]) + (f"?{'&'.join(query)}" if query else "")


def _line(
    what: str, line: BudgetLine, facts: BudgetFacts, name: str, user: User, on: date | None
) -> Explanation:  # fmt: skip
    currency, total = facts.budget.currency, getattr(line.sums, what)
    word = str(line.get_category_display())
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, currency)},
        f"{word}, {name}",
        way_to(what, line.sums, currency)
        or summed(
            _rows(what, line, facts, user, on), word, total, currency, outside=_("Approved with the budget")
        ),
        tuple(
            Fact(words, money_minor(getattr(line.sums, column), currency, full=True), address(column, facts, on, line))
            for column, words in _columns().items()
            if column != what and what in {"available", "held"}
        ),
    )  # fmt: skip


def _columns() -> dict[str, str]:
    return {
        "planned": _("Planned"),
        "released": _("Released"),
        "reserved": _("Reserved"),
        "committed": _("Committed"),
        "spent": _("Spent"),
    }


def _rows(what: str, line: BudgetLine, facts: BudgetFacts, user: User, on: date | None) -> Iterable[Part]:
    if what == "spent":
        return _months(line, on)
    if what == "committed":
        return _orders(line, facts, user, on)
    if what == "reserved":
        return _reservations(line, on)
    if what == "released" and facts.budget.is_metered:
        word = str(line.get_category_display())
        released = [tranche for tranche in facts.tranches if tranche.released_at]
        return [
            (tranche.word, _("released %(day)s") % {"day": day(tranche.released_at)}, dict(tranche.lines).get(word, 0))
            for tranche in released
        ]
    return _planned(line, facts)


def _planned(line: BudgetLine, facts: BudgetFacts) -> list[Part]:
    """What the version in force plans for the line by period."""
    if facts.current is None:
        return []
    rows = PlanLine.objects.filter(version=facts.current.pk, category=line.category).order_by()
    by_period = rows.values_list("period__name", "period__starts_on").annotate(minor=Sum("amount_minor"))
    version = _("version %(n)d") % {"n": facts.current.number}
    return [(name, version, minor) for name, _begin, minor in by_period.order_by("period__starts_on")]


def _months(line: BudgetLine, on: date | None) -> list[Part]:
    """What the ledger holds by month, the newest first."""
    months = month_sums(BudgetLine.objects.filter(pk=line.pk), on)
    return [
        (date_format(month, "F Y"), "", sum(parts.values())) for month, parts in sorted(months.items(), reverse=True)
    ]


def _orders(line: BudgetLine, facts: BudgetFacts, user: User, on: date | None) -> list[Part]:
    rows = list(commitments_of(facts.budget, user, on).filter(line=line))
    if on:
        set_open_then(rows, on)
    return [(row.supplier, day(row.created_at), row.open_minor) for row in rows]


def _reservations(line: BudgetLine, on: date | None) -> list[Part]:
    """What is held for each job; of a past day only the sum is kept."""
    if on:
        return [(_("Held for work that was under way"), "", line.reserved_minor)]
    rows = Reservation.objects.filter(line=line, status=Reservation.Status.OPEN).order_by("-amount_minor", "pk")
    jobs = TrainingJob.objects.filter(reservation__in=rows).select_related("project")
    names = {job.reservation_id: job.name for job in jobs}
    return [(names.get(row.pk, row.reference), day(row.created_at), row.amount_minor) for row in rows]


def _order(key: str, facts: BudgetFacts, name: str, user: User, on: date | None) -> Explanation:
    """What is still open of one order."""
    rows = list(commitments_of(facts.budget, user, on).filter(pk=key)) if key.isdecimal() else []
    if not rows:
        raise ObjectDoesNotExist(f"there is no order {key!r}")
    if on:
        set_open_then(rows, on)
    (order,), currency = rows, facts.budget.currency
    amount = lambda minor: money_minor(minor, currency, full=True)  # noqa: E731
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(order.open_minor, currency)},
        _("What is open of the order to %(supplier)s, %(name)s") % {"supplier": order.supplier, "name": name},
        (
            Term("", _("Ordered"), day(order.created_at), amount(order.amount_minor)),
            Term(MINUS, _("Invoiced or cancelled"), "", amount(order.amount_minor - order.open_minor)),
            Term("=", _("Open"), "", amount(order.open_minor)),
        ),
        (
            Fact(_("Line"), str(order.line.get_category_display()), address("committed", facts, on, order.line)),
            Fact(_("For what"), order.memo),
        ),
        _("At the exchange rate of the order; what the rate did since stands in the exchange rate variance."),
    )


def _shift(category: str, facts: BudgetFacts, name: str) -> Explanation:
    """What a category gained or lost against the baseline, amount by amount."""
    changes = [change for change in facts.changes if change.category == category]
    total = sum(change.difference for change in changes)
    if not changes:
        raise ObjectDoesNotExist(f"{category!r} is as in the baseline")
    parts = [
        (
            f"{change.period}, {change.station_word}",
            _("%(before)s became %(after)s")
            % {
                "before": money_minor(change.before, facts.budget.currency),
                "after": money_minor(change.after, facts.budget.currency),
            },
            change.difference,
        )
        for change in sorted(changes, key=lambda change: -abs(change.difference))
    ]
    versions = [version for version in (facts.baseline, facts.current) if version]
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, facts.budget.currency)},
        _("%(category)s against the baseline, %(name)s") % {"category": changes[0].category_word, "name": name},
        summed(parts, changes[0].category_word, total, facts.budget.currency),
        tuple(
            Fact(
                _("Version %(n)d") % {"n": version.number}, version.reason, reverse("budget-version", args=[version.pk])
            )
            for version in versions
        ),
    )


def shifts_of(facts: BudgetFacts) -> list[tuple[str, int, str]]:
    """What each category gained or lost against the baseline, and the name under which that explains itself."""
    whats = {change.category_word: f"shift-{change.category}" for change in facts.changes}
    return [(word, minor, whats[word]) for word, minor in facts.shifts]
