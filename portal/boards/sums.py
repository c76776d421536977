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


def _budget(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    funded = [row for row in rows if row.money.currency == currency and (row.money.planned or row.money.spent)]
    sums = row_sums(rows, currency)
    terms = [
        Term(
            "+" if index else "",
            row.project.title,
            _("of %(planned)s planned") % {"planned": money_minor(row.money.planned, currency)},
            money_minor(row.money.spent, currency, full=True),
        )
        for index, row in enumerate(funded)
    ]
    terms.append(
        Term(
            "=",
            _("Spent"),
            _("of %(planned)s planned, %(reserved)s reserved")
            % {"planned": money_minor(sums.planned, currency), "reserved": money_minor(sums.reserved, currency)},
            money_minor(sums.spent, currency, full=True),
        )
    )
    facts = tuple(
        Fact(row.project.key, _("open its budget and ledger"), row.project.get_absolute_url()) for row in funded
    )
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(sums.spent, currency)},
        _("What the ledger holds for each project"),
        tuple(terms),
        facts,
    )


def _left(rows: tuple[ProjectRow, ...], currency: str, _now: datetime) -> Explanation:
    funded = [row for row in rows if row.money.currency == currency and (row.money.planned or row.money.spent)]
    sums = row_sums(rows, currency)
    terms = [
        Term(
            "+" if index else "",
            row.project.title,
            _("%(planned)s planned, %(spent)s spent, %(reserved)s reserved") % _amounts(row.money),
            money_minor(row.money.left, currency, full=True),
        )
        for index, row in enumerate(funded)
    ]
    source = _("%(planned)s planned, %(spent)s spent, %(reserved)s reserved") % _amounts(sums)
    terms.append(Term("=", _("Still to spend"), source, money_minor(sums.left, currency, full=True)))
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(sums.left, currency)},
        _("What is planned less what is spent and reserved; a project over budget takes from the sum"),
        tuple(terms),
        tuple(Fact(row.project.key, _("open its budget and ledger"), row.project.get_absolute_url()) for row in funded),
    )


def _amounts(money: Money) -> dict[str, str]:
    return {
        "planned": money_minor(money.planned, money.currency),
        "spent": money_minor(money.spent, money.currency),
        "reserved": money_minor(money.reserved, money.currency),
    }


AT_A_STATION = frozenset({"budget", "left"})
SUMS: dict[str, Callable[[tuple[ProjectRow, ...], str, datetime], Explanation]] = {
    "value": _value,
    "budget": _budget,
    "left": _left,
    "plan": plan_sum,
}
