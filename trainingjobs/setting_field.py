"""One hyper-parameter on a form: text, limits, the bar of its range, and what is wrong with it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trainingjobs.bounds import UNBOUNDED, Bounds
from trainingjobs.hyperparameters import Setting


@dataclass(frozen=True)
class SettingField:
    """One hyper-parameter on the page: what may be typed, what was typed, and what is wrong with it."""

    setting: Setting
    value: Any
    bounds: Bounds | None
    errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"set-{self.setting.name}"

    @property
    def text(self) -> str:
        return plain_number(self.value)

    @property
    def limits(self) -> str:
        low, high = self.setting.minimum, self.setting.maximum
        if low is None or high is None or high >= UNBOUNDED:
            return ""
        return _("%(low)s to %(high)s") % {"low": short_number(low), "high": short_number(high)}


def plain_number(value: Any) -> str:
    """A value as it is typed: 0.001, 1e-05, 32; never 32.0 for a whole number."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def short_number(value: float) -> str:
    """A limit as it is read: 1,000,000 or 0.05."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"
