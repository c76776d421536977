"""Times that people type: a slip in the year is told, and never stored where every page would stumble over it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FIRST_YEAR, LAST_YEAR = 1900, 2199


def demand_plausible(field: str, at: datetime) -> None:
    """Refuse years that no clock of ours can show in every time zone."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValidationError(
            {
                field: ValidationError(
                    _("The year %(year)d cannot be right. Correct it; %(first)d to %(last)d is possible."),
                    code="implausible_year",
                    params={"year": at.year, "first": FIRST_YEAR, "last": LAST_YEAR},
                )
            }
        )
