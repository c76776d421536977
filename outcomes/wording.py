"""How figures are written in explanations: full figures, a true minus sign, no-break spaces."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from finance.money import MICRO, exponent, to_decimal

NBSP = "\u00a0"
MINUS = "\u2212"


def number(value: float | Decimal | int, digits: int | None = None) -> str:
    """A number with grouped thousands; without `digits`, at most six significant ones and no trailing zeros."""
    exact = Decimal(str(value))
    if digits is None:
        digits = _needed_digits(exact)
    rounded = round(exact, digits) or Decimal(0)  # no minus before a nought that was rounded
    return number_format(rounded, digits, use_l10n=True, force_grouping=True).replace("-", MINUS)


def _needed_digits(value: Decimal) -> int:
    """Digits after the point that six significant digits leave, without trailing zeros."""
    if not value:
        return 0
    places = max(0, 5 - value.adjusted())
    written = f"{value:.{places}f}"
    return len(written.rstrip("0").partition(".")[2])


def money(minor: int, currency: str) -> str:
    """EUR 12.34 of 1234 cents."""
    sign = MINUS if minor < 0 else ""
    return f"{sign}{currency}{NBSP}{number(to_decimal(abs(minor), currency), exponent(currency))}"


def money_micro(micro: int | Decimal, currency: str) -> str:
    """An amount in millionths of a currency unit, exact to the last of its six places."""
    amount = Decimal(micro) / MICRO
    places = max(exponent(currency), _needed_digits(amount))
    return f"{currency}{NBSP}{number(amount, places)}"


def with_unit(value: float | Decimal, unit: str, digits: int | None = None) -> str:
    """12.9% and 107 min: only the percent sign stands close."""
    if unit == "%":
        return f"{number(value, digits)}%"
    return f"{number(value, digits)}{NBSP}{unit}".strip()


def unit_of_change(unit: str) -> str:
    """A share changes by points, everything else by its own unit."""
    return _("points") if unit == "%" else unit


def metric(name: str) -> str:
    """`test accuracy` of test_accuracy: the name as people say it."""
    return name.replace("_", " ")


def digest(value: str) -> str:
    """The ends of a long digest; the full one stands on the page it links to."""
    return f"{value[:8]}…{value[-4:]}" if len(value) > 16 else value


def span(low: str, high: str) -> str:
    return _("%(low)s to %(high)s") % {"low": low, "high": high}
