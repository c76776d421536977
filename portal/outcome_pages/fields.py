"""Fields of money, months and currencies as people type them."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy


class MonthField(forms.DateField):
    """A month, named by its first day."""

    default_error_messages = {"invalid": gettext_lazy("This is not a month. Write it like 2026-11.")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month"})
        super().__init__(widget=widget, input_formats=["%Y-%m"], **kwargs)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        return day.replace(day=1) if day else None


class CurrencyField(forms.RegexField):
    """A currency by its ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", lambda: settings.CURRENCY)
        super().__init__(regex="^[A-Z]{3}$", max_length=3, label=gettext_lazy("Currency"), **kwargs)
        self.error_messages["invalid"] = gettext_lazy("Three capital letters, such as EUR.")


class AmountField(forms.CharField):
    """An amount of money as text; what it is in minor units depends on its currency, so the form says it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=24, **kwargs)
