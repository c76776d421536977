"""Which figures can be meant: those beyond a million million are slips of the keyboard and would drown every sum."""

import math
from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LARGEST: Final = 1e12


def faults_of(figures: Mapping[str, float | None]) -> dict[str, ValidationError]:
    """The figures that nobody can mean, by their field; what is None was not given."""
    return {
        name: fault for name, value in figures.items() if value is not None and (fault := _fault(value)) is not None
    }


def refuse_unusable_figures(**figures: float | None) -> None:
    if faults := faults_of(figures):
        raise ValidationError(faults)


def _fault(value: float) -> ValidationError | None:
    if not math.isfinite(value):
        return ValidationError(_("The value must be a number."), code="not_finite")
    if abs(value) > LARGEST:
        text = _("%(value)g is not a usable figure. Write one of at most a million million, or choose a larger unit.")
        return ValidationError(text, code="too_large", params={"value": value})
    return None
