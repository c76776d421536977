"""Spans of days: `valid_from` belongs to them, `valid_to` no more."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def demand_order(valid_from: date, valid_to: date | None) -> None:
    """A span ends after it begins, or has no end yet."""
    if valid_to is not None and valid_to <= valid_from:
        fault = ValidationError(
            _("The end %(end)s is not after the beginning %(begin)s. It is the first day that no longer counts."),
            code="ends_before_it_begins",
            params={"end": valid_to, "begin": valid_from},
        )
        raise ValidationError({"valid_to": fault})
