"""Why a person is given so many hours, and how much of the month before was worked on projects."""

from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from portal.boards.people import PersonRow, month_before
from portal.wording import SPACE, number, percent
from projects.models import Allocation


def explain_person(what: str, row: PersonRow, day: date) -> Explanation:
    """`given`, the hours a week that are given for certain, or `utilisation`, what was worked of a month."""
    if what == "given":
        return _given(row)
    if what == "utilisation" and row.utilisation is not None:
        return _utilisation(row, day)
    raise ObjectDoesNotExist(f"there is no figure {what!r} of this person")


def _given(row: PersonRow) -> Explanation:
    certain = [each for each in row.allocations if each.status == Allocation.Status.CONFIRMED]
    terms = [
        Term(
            "+" if place else "",
            f"{each.project.key} {each.project.title}",
            _("confirmed"),
            _hours(each.hours_per_week),
        )
        for place, each in enumerate(certain)
    ]
    return Explanation(
        _("Where %(total)s comes from") % {"total": _hours(row.given_hours)},
        _("What %(person)s gives projects a week") % {"person": row.employment.name},
        (*terms, Term("=", _("Given"), "", _hours(row.given_hours))),
        (
            Fact(_("Hours a week"), _hours(row.employment.hours_per_week)),
            Fact(_("Tentative, not in the sum"), _hours(row.tentative_hours)),
            *(Fact(_("Project"), each.project.key, each.project.get_absolute_url()) for each in certain),
        ),
        _("What is confirmed for the day, over all projects; what is tentative stands beside it."),
    )


def _utilisation(row: PersonRow, day: date) -> Explanation:
    month = date_format(month_before(day)[0], "F Y")
    share = percent(row.utilisation)
    return Explanation(
        _("Where %(total)s comes from") % {"total": share},
        _("What %(person)s worked on projects in %(month)s") % {"person": row.employment.name, "month": month},
        (
            Term("", _("Worked"), _("hours told of projects"), _hours(row.worked_hours)),
            Term(
                "÷", _("Could be worked"), _("Mondays to Fridays, at the share of full time"), _hours(row.month_hours)
            ),
            Term("=", _("Utilisation"), "", share),
        ),
        (Fact(_("Hours a week"), _hours(row.employment.hours_per_week)),),
        _("Leave is not known, so a month of holidays reads as a month of little work."),
    )


def _hours(hours: float) -> str:
    return f"{number(hours, 0 if hours == int(hours) else 2)}{SPACE}h"
