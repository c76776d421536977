"""Money is an integer of minor units with an ISO 4217 code; Decimal appears only at the edge."""

import re
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation, Overflow

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from finance.currencies import DIGITS

MICRO = 1_000_000
MOST_DIGITS = 30  # beyond every amount; a number like 1e999999 would cost seconds to write out
GREATEST_MINOR = 10**15
GROUPS = " ,\u00a0\u202f"
TYPED = re.compile(rf"[-\u2212]?(?:\d+|[1-9]\d{{0,2}}([{GROUPS}])\d{{3}}(?:\1\d{{3}})*)(\.\d+)?", re.ASCII)


def exponent(currency: str) -> int:
    """Digits after the decimal point: 2 for EUR, 0 for JPY, 3 for KWD."""
    return DIGITS.get(currency, 2)


def to_minor(amount: Decimal | str, currency: str) -> int:
    """Minor units of a decimal amount. An amount finer than the currency is refused, never rounded away."""
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
        if scaled.is_finite() and scaled.adjusted() > MOST_DIGITS:
            raise InvalidOperation
    except (InvalidOperation, Overflow):
        raise _not_an_amount(amount) from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValidationError(
            _("%(amount)s has more digits than %(currency)s knows; %(digits)s after the point at most."),
            code="too_fine",
            params={"amount": amount, "currency": currency, "digits": exponent(currency)},
        )
    return int(scaled)


def typed_minor(text: str, currency: str) -> int:
    """Minor units of an amount as people type it: 1234.50, 1,234.50 or 1 234.50, with either minus.

    What may be another number is refused, never guessed: 1234,50 and, where a currency has three digits, 1,234.
    """
    plain = text.strip()
    found = TYPED.fullmatch(plain)
    if found is None or (exponent(currency) == 3 and plain.count(",") == 1 and "." not in plain):
        raise _not_an_amount(plain)
    minor = to_minor(plain.replace("\u2212", "-").translate(dict.fromkeys(map(ord, GROUPS))), currency)
    if abs(minor) > GREATEST_MINOR:
        raise ValidationError(_("This is more than all the money there is. Check the digits."), code="too_large")
    return minor


def _not_an_amount(text: object) -> ValidationError:
    return ValidationError(
        _("“%(amount)s” is not an amount. Write it like 1234.50."), code="not_an_amount", params={"amount": text}
    )


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount as people write it: 1234 EUR cents are 12.34."""
    return Decimal(minor).scaleb(-exponent(currency))


def charge_micro(micro: Decimal | int, currency: str) -> int:
    """Minor units charged for an amount in millionths: a started unit is charged, so no work is free."""
    return int((Decimal(micro) / MICRO).scaleb(exponent(currency)).to_integral_value(rounding=ROUND_CEILING))


def labour_minor(minutes: int, hour_minor: int) -> int:
    """Minor units of worked minutes at the price of an hour, half to even; taking minutes back gives the same back."""
    return int((Decimal(minutes) * hour_minor / 60).to_integral_value(rounding=ROUND_HALF_EVEN))


def allocate(minor: int, weights: list[int]) -> list[int]:
    """Split an amount by weights so that the parts sum to the whole; the largest remainders get the odd units."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValidationError(
            _("The weights of a split must be zero or more and sum to more than zero."), code="bad_weights"
        )
    shares = [divmod(minor * weight, total) for weight in weights]
    parts = [quotient for quotient, _remainder in shares]
    by_remainder = sorted(range(len(weights)), key=lambda index: shares[index][1], reverse=True)
    for index in by_remainder[: minor - sum(parts)]:
        parts[index] += 1
    return parts
