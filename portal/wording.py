"""Numbers as people read them: a true minus, no-break spaces before units, short on boards, full in explanations."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.money import MICRO, exponent, to_decimal

SPACE = "\u00a0"
MINUS = "\u2212"
SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def number(value: float | Decimal | None, digits: int | None = None) -> str:
    """A plain number: grouped thousands, about three figures unless `digits` after the point are asked for."""
    if value is None:
        return _("none")
    if digits is not None:
        return _signed(f"{value:,.{digits}f}")
    size = abs(float(value))
    figures = f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"
    return _signed(figures.rstrip("0").rstrip(".") if "." in figures else figures)


def _signed(figures: str) -> str:
    """With a real minus sign, and none before a nought that was rounded."""
    return figures.replace("-", MINUS if figures.strip("-0.") else "")


def short(value: float | Decimal) -> str:
    """412 thousand as `412k`, 7.99 million as `7.99 M`: the length of a figure on a board."""
    size = abs(float(value))
    if size >= 999_500:
        return f"{number(value / 1_000_000, 2)}{SPACE}M"
    if size >= 9_950:
        return f"{number(value / 1000, 0)}k"
    return number(value, 0 if size >= 1000 or value == int(value) else 2)


def money_minor(minor: int | None, currency: str, *, full: bool = False) -> str:
    """An amount of the ledger, short for a board or full for an explanation."""
    if minor is None:
        return _("none")
    amount = to_decimal(abs(minor), currency)
    sign = MINUS if minor < 0 else ""
    return f"{sign}{currency}{SPACE}{number(amount, exponent(currency)) if full else short(amount)}"


def money_micro(micro: int | None, currency: str) -> str:
    """Live cost and rates, in millionths: small amounts keep four digits after the point."""
    if micro is None:
        return _("none")
    amount = Decimal(micro) / MICRO
    if amount and abs(amount) < 1:
        return f"{currency}{SPACE}{number(amount, 4)}"
    return f"{currency}{SPACE}{number(amount, 2) if abs(amount) < 1000 else short(amount)}"


def signed(value: float, digits: int | None = None) -> str:
    """A change, with its sign in front."""
    return ("+" if value > 0 else "") + number(value, digits)


def percent(share: float | None, digits: int = 0) -> str:
    """A share of one as percent."""
    return _("none") if share is None else f"{number(share * 100, digits)}%"


def in_unit(value: float | None, unit: str) -> str:
    """A KPI value with its unit: 12.9%, 107 min."""
    if value is None:
        return _("none")
    return f"{number(value)}{unit}" if unit == "%" else f"{number(value)}{SPACE}{unit}"


def target_in_unit(target: float, high: float | None, unit: str) -> str:
    """A target with its unit; a band with both its ends."""
    if high is None:
        return in_unit(target, unit)
    return _("%(low)s to %(high)s") % {"low": number(target), "high": in_unit(high, unit)}


def gap_in_unit(difference: float, unit: str) -> str:
    """The size of a difference; between two shares it is points, not percent."""
    return f"{number(abs(difference))}{SPACE}{_('points') if unit == '%' else unit}"


def byte_size(count: int | None) -> str:
    """Bytes as MB or kB."""
    if count is None:
        return _("none")
    for size, unit in SIZES:
        if count >= size:
            return f"{number(count / size, 1 if count < 100 * size else 0)}{SPACE}{unit}"
    return f"{count}{SPACE}B"


def seconds(value: float | None) -> str:
    """A duration: 42 s, 24 min, 1 h 12 min."""
    if value is None:
        return _("none")
    if value < 60:
        return f"{number(value, 1 if value < 10 else 0)}{SPACE}s"
    minutes = round(value / 60)
    if minutes < 60:
        return f"{minutes}{SPACE}min"
    return f"{minutes // 60}{SPACE}h {minutes % 60}{SPACE}min"


def day(value: date | None) -> str:
    """24 Nov, with the year only when it is not this one."""
    if value is None:
        return ""
    return date_format(value, "j M" if value.year == timezone.localdate().year else "j M Y")


def count_of(count: int, one: str, many: str) -> str:
    """`three projects`: small counts in words, as in a sentence."""
    words = (
        _("no"),
        _("one"),
        _("two"),
        _("three"),
        _("four"),
        _("five"),
        _("six"),
        _("seven"),
        _("eight"),
        _("nine"),
        _("ten"),
        _("eleven"),
        _("twelve"),
    )
    return f"{words[count] if count < len(words) else number(count)} {ngettext(one, many, count)}"


def in_front(words: str) -> str:
    """Words at the start of a sentence."""
    return words[:1].upper() + words[1:]


def spoken(name: str) -> str:
    """`submit job` of submit_job: a name of the code as people say it."""
    return name.replace("_", " ")


def kind_of_row(label: str) -> str:
    """`Training job` of trainingjobs.trainingjob; what no app knows any more stays as it was written."""
    try:
        return in_front(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return label


def told(value: Any) -> str:
    """The detail of an audit entry as text: names with their values, lists with commas."""
    if isinstance(value, dict):
        return "; ".join(f"{spoken(str(name))} {told(each)}" for name, each in value.items() if each not in ("", None))
    return ", ".join(told(each) for each in value) if isinstance(value, list) else str(value)
