"""Fields of money, months and currencies as people type them."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from outcomes.services.benefit_terms import EARLIEST, LATEST, out_of_reach


class MonthField(forms.DateField):
    """A month, named by its first day, that people plan or remember."""

    default_error_messages = {"invalid": gettext_lazy("This is not a month. Write it like 2026-11.")}

    def __init__(self, **kwargs: Any) -> None:
        reach = {"min": f"{EARLIEST:%Y-%m}", "max": f"{LATEST:%Y-%m}"}
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month", **reach})
        super().__init__(widget=widget, input_formats=["%Y-%m"], **kwargs)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        return day.replace(day=1) if day else None

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and (fault := out_of_reach(value)):
            raise fault


class AmountField(forms.CharField):
    """An amount of money as text; what it is in minor units depends on its currency, so the form says it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=24, **kwargs)
