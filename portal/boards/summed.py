"""The terms of a sum over many rows: the first ones named, the rest together, and the total as it is shown."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from outcomes.explain import Term
from portal.wording import MINUS, count_of, money_minor

NAMED = 12  # rows of a sum that stand alone
Part = tuple[str, str, int]  # what, where from, minor units


def summed(parts: Iterable[Part], name: str, total: int, currency: str, *, outside: str = "") -> tuple[Term, ...]:
    """Rows that give `total` to the minor unit; what no row tells is said as `outside`."""
    rows = [part for part in parts if part[2]]
    named, others = (rows, []) if len(rows) <= NAMED + 1 else (rows[:NAMED], rows[NAMED:])
    told = list(named)
    if others:
        told.append((count_of(len(others), "more", "more"), "", sum(minor for _label, _source, minor in others)))
    if rest := total - sum(minor for _label, _source, minor in told):
        told.append((outside or _("Not listed here"), "", rest))
    terms = [
        Term(MINUS if minor < 0 else "+" if place else "", label, source, money_minor(abs(minor), currency, full=True))
        for place, (label, source, minor) in enumerate(told)
    ]
    return (*terms, Term("=", name, "", money_minor(total, currency, full=True)))
