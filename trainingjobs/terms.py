"""The terms of a job on the form: before or behind others, and when it is stopped. A form shows and carries text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainingjobs.models import Priority, TrainingJob
from trainingjobs.services.submit import demand_time_limit

UNITS = {"min": (60.0, gettext_lazy("minutes")), "h": (3600.0, gettext_lazy("hours"))}


@dataclass(frozen=True)
class Terms:
    """Priority and time limit as they were typed, and what is wrong with them."""

    priority: int = Priority.NORMAL
    stop_after: str = ""
    unit: str = "min"
    time_limit_s: float | None = None
    error: str = ""

    @classmethod
    def read(cls, typed: Mapping[str, Any]) -> "Terms":
        """What a browser sends; an unknown priority or unit is the usual one."""
        names = {str(value): value for value in Priority.values}
        priority = names.get(typed.get("priority", ""), Priority.NORMAL)
        text, unit = typed.get("stop_after", "").strip(), typed.get("stop_after_unit", "min")
        unit = unit if unit in UNITS else "min"
        try:
            return cls(priority, text, unit, _seconds(text, unit))
        except ValidationError as refusal:
            return cls(priority, text, unit, error=refusal.messages[0])

    @classmethod
    def of(cls, job: TrainingJob, *, priority: int) -> "Terms":
        """The terms of a job, in the unit in which they read best."""
        limit = job.time_limit_s
        if limit is None:
            return cls(priority)
        unit = "h" if limit >= UNITS["h"][0] and limit % UNITS["h"][0] == 0 else "min"
        return cls(priority, f"{limit / UNITS[unit][0]:.6g}", unit, limit)

    @property
    def are_usual(self) -> bool:
        return self.priority == Priority.NORMAL and not self.stop_after

    @property
    def units(self) -> list[tuple[str, Any]]:
        return [(unit, word) for unit, (_seconds_, word) in UNITS.items()]


def _seconds(text: str, unit: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValidationError(_("%(text)s is not a number. Leave it empty for no limit."), params={"text": text})
    seconds = round(number * UNITS[unit][0], 3)
    demand_time_limit(seconds)
    return seconds
