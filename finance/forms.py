"""The form for what stops a job: the price above which a manager decides, and what a used-up line does."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.currencies import demand_currency
from finance.models import BudgetLine
from finance.money import to_decimal, typed_minor
from projects.forms import PlainForm
from projects.models import Project


class CurrencyField(forms.CharField):
    """A currency by its ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Currency"))
        super().__init__(max_length=3, validators=[demand_currency], **kwargs)


class LimitsForm(PlainForm):
    """The threshold in the currency of the newest budget, and one choice for each line of every budget."""

    threshold = forms.CharField(
        label=gettext_lazy("A manager decides on jobs above"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "The upper price of one job. Empty: every job passes. It counts for jobs submitted or resumed from now on."
        ),
    )

    def __init__(
        self, typed: Mapping[str, Any] | None, *, project: Project, lines: Sequence[BudgetLine], may_set_threshold: bool
    ) -> None:
        self.lines, self.currency = lines, lines[0].budget.currency
        threshold = project.approval_threshold_minor
        initial = {"threshold": "" if threshold is None else str(to_decimal(threshold, self.currency))}
        super().__init__(typed, initial={**initial, **{_name(line): line.policy for line in lines}})
        field = self.fields["threshold"]
        field.unit = self.currency  # type: ignore[attr-defined]
        if not may_set_threshold:
            field.disabled, field.help_text = True, _("Only portfolio managers change it.")
        for line in lines:
            self.fields[_name(line)] = forms.ChoiceField(
                label=f"{line.get_category_display()}, {line.budget.name}",
                choices=BudgetLine.Policy.choices,
                widget=forms.Select(attrs={"class": "input"}),
            )
            self.fields[_name(line)].unit = self.fields[_name(line)].limits = ""  # type: ignore[attr-defined]

    def clean_threshold(self) -> int | None:
        text = self.cleaned_data["threshold"].strip()
        if not text:
            return None
        minor = typed_minor(text, self.currency)
        if minor < 0:
            raise ValidationError(_("A price is zero or more."), code="out_of_range")
        return minor

    def policies(self) -> list[tuple[BudgetLine, str]]:
        """The lines whose policy the form changes, in the order in which verbs hold lines."""
        ordered = sorted(self.lines, key=lambda line: line.pk)
        chosen = [(line, self.cleaned_data[_name(line)]) for line in ordered]
        return [(line, policy) for line, policy in chosen if policy != line.policy]

    @property
    def line_fields(self) -> list[forms.BoundField]:
        return [self[_name(line)] for line in self.lines]


def _name(line: BudgetLine) -> str:
    return f"policy_{line.pk}"
