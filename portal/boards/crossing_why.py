"""Why the limit is crossed on that day: what is left of it, at the pace of the last whole months."""

from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.burn import Fan, Pace
from outcomes import wording
from outcomes.explain import Explanation, Fact, Term
from portal.boards.money import MoneyFacts
from portal.wording import MINUS, money_minor


def explain_crossing(facts: MoneyFacts) -> Explanation:
    """The middle of the fan; without a pace or a day there is nothing to explain."""
    pace, crossing, limit = facts.outlook.pace, facts.outlook.crossing, facts.sums.planned
    if pace is None or crossing is None or crossing.middle is None:
        raise ObjectDoesNotExist("no day is forecast on which the limit is crossed")
    amount = lambda minor: money_minor(round(minor), facts.currency, full=True)  # noqa: E731
    if facts.outlook.ends_inside:
        return _explain_end(facts, facts.outlook.ends_inside, pace)
    read = _read_from(pace)
    months = (limit - pace.spent) / pace.mean
    return Explanation(
        _("Why the limit is crossed about %(day)s") % {"day": _day(crossing.middle)},
        facts.scope.name or _("All budgets that you may see"),
        (
            Term("", _("Approved"), _("the limit"), amount(limit)),
            Term(MINUS, _("Spent"), _("until %(day)s") % {"day": _day(pace.on)}, amount(pace.spent)),
            Term("=", _("Left"), "", amount(limit - pace.spent)),
            Term("÷", _("Pace a month"), read, amount(pace.mean)),
            Term("=", _("Lasts"), "", wording.with_unit(months, _("months"), 2)),
            Term("=", _("Crossed about"), _("from %(day)s on") % {"day": _day(pace.on)}, _day(crossing.middle)),
        ),
        (
            Fact(_("P10, early"), _day(crossing.early)),
            Fact(_("P90, late"), _day(crossing.late)),
            Fact(_("Spread of a month"), _("standard deviation %(amount)s") % {"amount": amount(pace.spread)}),
            Fact(_("Read from"), read),
        ),
        _("P10 and P90 follow from the spread of these months: with a chance of 10 percent it is already on P10."),
    )


def _explain_end(facts: MoneyFacts, end: Fan, pace: Pace) -> Explanation:
    """Where spending ends with the plan, whose limit it does not reach before."""
    amount = lambda minor: money_minor(round(minor), facts.currency, full=True)  # noqa: E731
    return Explanation(
        _("Why it ends at %(amount)s on %(day)s")
        % {"amount": money_minor(round(end.p50), facts.currency), "day": _day(end.on)},
        facts.scope.name or _("All budgets that you may see"),
        (
            Term("", _("Spent"), _("until %(day)s") % {"day": _day(pace.on)}, amount(pace.spent)),
            Term("", _("Pace a month"), _read_from(pace), amount(pace.mean)),
            Term(
                "×",
                _("Until the plan ends"),
                _day(end.on),
                wording.with_unit((end.p50 - pace.spent) / pace.mean, _("months"), 2),
            ),
            Term("+", _("Still to come"), "", amount(end.p50 - pace.spent)),
            Term("=", _("At the end of the plan"), _("the middle of the forecast"), amount(end.p50)),
        ),
        (
            Fact("P10", amount(end.p10)),
            Fact("P90", amount(end.p90)),
            Fact(_("Approved"), amount(facts.sums.planned)),
            Fact(_("Spread of a month"), _("standard deviation %(amount)s") % {"amount": amount(pace.spread)}),
        ),
        _("At the same pace beyond its plan the limit would be crossed about %(day)s.")
        % {"day": _day(facts.outlook.crossing.middle) if facts.outlook.crossing else ""},
    )


def _read_from(pace: Pace) -> str:
    return ngettext("mean of %(n)d whole month", "mean of %(n)d whole months", pace.months) % {"n": pace.months}


def _day(day: date | None) -> str:
    return date_format(day, "j M Y") if day else _("not within five years")
