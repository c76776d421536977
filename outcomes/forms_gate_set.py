"""The form of what a gate asks: its question, and one part for each criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from outcomes.gate_sets import CriterionDraft
from outcomes.models import GateCriterion
from outcomes.services.gate import refuse_unreadable
from projects.forms import NumberField, PlainForm

MOST_CRITERIA = 40
EMPTY_CRITERIA = 1


class GateForm(PlainForm):
    title = forms.CharField(
        label=_("Question"), max_length=160, help_text=_("What a go at this gate answers with yes.")
    )
    pass_percent = forms.IntegerField(
        label=_("Share of weights that should be met"),
        min_value=0,
        max_value=100,
        initial=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Of the criteria that should be met, by their weights."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pass_percent"].unit = "%"  # type: ignore[attr-defined]


class CriterionForm(PlainForm):
    """One criterion. The verb's own rules are asked here, so that what they refuse stands beside its field."""

    title = forms.CharField(label=_("What must be shown"), max_length=160)
    kind = forms.ChoiceField(label=_("Kind"), choices=GateCriterion.Kind.choices, initial=GateCriterion.Kind.MUST_MEET)
    fact = forms.ChoiceField(label=_("Read from"), choices=[("", _("Choose")), *GateCriterion.Fact.choices])
    metric = forms.CharField(
        label=_("Metric"),
        max_length=80,
        required=False,
        help_text=_("Of the model, such as test_accuracy; for the way to a target, the name of the KPI."),
    )
    comparison = forms.ChoiceField(
        label=_("Comparison"),
        choices=GateCriterion.Comparison.choices,
        initial=GateCriterion.Comparison.AT_LEAST,
    )
    threshold = NumberField(label=_("Threshold"), required=False, help_text=_("Empty for a check list only."))
    weight = forms.IntegerField(
        label=_("Weight"),
        min_value=1,
        max_value=100,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors:
            try:
                refuse_unreadable(self.draft())
            except ValidationError as error:
                self.refuse(error)
        return typed

    def draft(self) -> CriterionDraft:
        typed = self.cleaned_data
        return CriterionDraft(**{name: typed[name] for name in CriterionDraft.__dataclass_fields__})


CriterionFormSet = forms.formset_factory(
    CriterionForm, extra=EMPTY_CRITERIA, can_delete=True, max_num=MOST_CRITERIA, absolute_max=MOST_CRITERIA
)


def criterion_forms(typed: Mapping[str, Any] | None, criteria: Sequence[CriterionDraft]) -> Any:
    """The criteria as they are typed, or those to begin from with an empty one under them."""
    initial = [asdict(each) | {"threshold": _as_typed(each.threshold)} for each in criteria]
    return CriterionFormSet(typed, initial=initial, prefix="criteria")


def _as_typed(threshold: float | None) -> float | int | None:
    return int(threshold) if threshold is not None and float(threshold).is_integer() else threshold


def drafts_of(forms: Any) -> list[CriterionDraft]:
    """The criteria of a valid form, in their order; one that was left empty or is left out is none."""
    kept = (form for form in forms if form not in forms.deleted_forms)
    return [form.draft() for form in kept if form.cleaned_data]
