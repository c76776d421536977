"""Explanations of the sums on the board: each project is one line of the sum."""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from portal.boards.plan_sum import plan_sum
from portal.boards.rows import Money, ProjectRow, row_sums, value_sum
from portal.wording import money_minor
from projects.models import Station


def explain_sum(what: str, rows: tuple[ProjectRow, ...], currency: str, now: datetime) -> Explanation:
    """Where a sum of the portfolio comes from; `left-training` is the sum over the projects at one station."""
    name, _dash, at = what.partition("-")
    if name not in SUMS or (at and (at not in Station.values or name not in AT_A_STATION)):
        raise ObjectDoesNotExist(f"there is no sum {what!r}")
    return SUMS[name](tuple(row for row in rows if not at or row.station.value == at), currency, now)


def _value(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    valued = [row for row in rows if row.value and row.value.currency == currency]
    total = value_sum(rows, currency)
    terms = [
        Term(
            "+" if index else "",
            row.project.title,
            _("hypothesis, not signed") if row.value.is_hypothesis else _("signed by finance"),  # type: ignore[union-attr]
            money_minor(row.net_minor, currency, full=True),
        )
        for index, row in enumerate(valued)
    ]
    terms.append(Term("=", _("Net value a year"), "", money_minor(total, currency, full=True)))
    guess = value_sum(rows, currency, hypothesis=True)
    facts = (
        Fact(_("Signed"), money_minor(total - guess, currency, full=True)),
        Fact(_("Hypothesis"), money_minor(guess, currency, full=True)),
        *(
            Fact(row.project.key, _("open its formula, run and signature"), row.project.get_absolute_url())
            for row in valued
        ),
    )
    note = _("%(guess)s of it is a hypothesis.") % {"guess": money_minor(guess, currency)} if guess else ""
    return Explanation(
        _("Where %(total)s a year comes from") % {"total": money_minor(total, currency)},
        _("The contract in force of each project, applied to its best run"),
        tuple(terms),
        facts,
        note,
        False,
    )


def _funded(rows: tuple[ProjectRow, ...], currency: str) -> list[ProjectRow]:
    return [row for row in rows if row.money.currency == currency and (row.money.planned or row.money.used)]


def _column(
    rows: tuple[ProjectRow, ...],
    currency: str,
    column: str,
    name: str,
    *,
    how: str,
    source: Callable[[Money], str],
) -> Explanation:
    """A column of all budgets as the sum over their projects."""
    funded, sums = _funded(rows, currency), row_sums(rows, currency)
    terms = [
        Term(
            "+" if index else "",
            row.project.title,
            source(row.money),
            money_minor(getattr(row.money, column), currency, full=True),
        )
        for index, row in enumerate(funded)
    ]
    total = getattr(sums, column)
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(total, currency)},
        how,
        (*terms, Term("=", name, source(sums), money_minor(total, currency, full=True))),
        tuple(Fact(row.project.key, _("open its budget and ledger"), row.project.get_absolute_url()) for row in funded),
    )


def _budget(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    return _column(
        rows, currency, "spent", _("Spent"), how=_("What the ledger holds for each project"), source=_of_plan
    )


def _used(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    how = _("What is spent, ordered and not invoiced yet, and reserved for jobs")
    return _column(rows, currency, "used", _("Used"), how=how, source=_taken)


def _left(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    how = _("What is planned less what is spent, committed and reserved; a project over budget takes from the sum")
    return _column(rows, currency, "left", _("Still to spend"), how=how, source=_planned_and_taken)


def _released(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    how = _("What gates have released, and all of a budget without tranches")
    return _column(rows, currency, "released", _("Released"), how=how, source=_of_plan)


def _held(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    how = _("What is approved and not released yet: it waits behind gates")
    return _column(rows, currency, "held", _("Held behind gates"), how=how, source=_of_plan)


def _of_plan(money: Money) -> str:
    return _("of %(planned)s planned") % {"planned": money_minor(money.planned, money.currency)}


def _taken(money: Money) -> str:
    """The three parts of what is used; the two that are rarer only where there is something."""
    parts = (
        (_("%(amount)s spent"), money.spent),
        (_("%(amount)s committed"), money.committed),
        (_("%(amount)s reserved"), money.reserved),
    )
    told = [text % {"amount": money_minor(minor, money.currency)} for text, minor in parts if minor]
    return ", ".join(told) or _("nothing spent")


def _planned_and_taken(money: Money) -> str:
    planned = _("%(planned)s planned") % {"planned": money_minor(money.planned, money.currency)}
    return f"{planned}, {_taken(money)}"


AT_A_STATION = frozenset({"released", "held", "budget", "left"})
SUMS: dict[str, Callable[[tuple[ProjectRow, ...], str, datetime], Explanation]] = {
    "value": _value,
    "budget": _budget,
    "used": _used,
    "left": _left,
    "released": _released,
    "held": _held,
    "plan": plan_sum,
}
