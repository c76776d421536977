"""Forms at a gate: ask for a review, answer its check list, decide."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outcomes.models import GateDecision
from outcomes.permissions import condition_owners
from outcomes.services.condition import ConditionDraft
from people.models import User
from projects.forms import DayField, PlainForm
from projects.models import Project

USUAL_WAIT = timedelta(days=14)
USUAL_TERM = timedelta(days=30)
ROWS = 4


class ReviewForm(PlainForm):
    due_on = DayField(
        label=_("To be decided by"),
        required=False,
        initial=lambda: timezone.localdate() + USUAL_WAIT,
        help_text=_("The gate room shows the soonest first. Left empty, it stands at the end."),
    )


class AnswerForm(PlainForm):
    met = forms.TypedChoiceField(
        label=_("Answer"), choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda given: given == "yes"
    )
    note = forms.CharField(label=_("Where it can be seen"), max_length=500, required=False)


class ConditionForm(PlainForm):
    text = forms.CharField(label=_("Condition"), max_length=500)
    due_on = DayField(label=_("Due"), initial=lambda: timezone.localdate() + USUAL_TERM)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Who sees to it"))

    def __init__(self, *given: Any, owners: QuerySet[User], **options: Any) -> None:
        super().__init__(*given, **options)
        field: Any = self.fields["owner"]
        field.queryset = owners

    def has_changed(self) -> bool:
        """A row without words is none, whatever day and person stand beside them."""
        return "text" in self.changed_data


ConditionFormSet = forms.formset_factory(ConditionForm, extra=ROWS, max_num=ROWS, absolute_max=ROWS)


def condition_forms(typed: Mapping[str, Any] | None, project: Project) -> Any:
    """Rows for conditions; whoever leads the project is the first choice for seeing to them."""
    given = {"initial": {"owner": project.lead}, "owners": condition_owners(project)}
    return ConditionFormSet(typed, prefix="conditions", initial=[], form_kwargs=given)


def drafts_of(forms: Any) -> list[ConditionDraft]:
    return [ConditionDraft(**form.cleaned_data) for form in forms if form.has_changed()]


class FulfilForm(PlainForm):
    note = forms.CharField(label=_("Where it can be seen"), max_length=500)


class DecisionForm(PlainForm):
    """The verb judges; the form only sees to it that an end is not a slip of the mouse."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=GateDecision.Outcome.choices, widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Signed with the evidence and kept. Say what tipped the balance."),
    )
    confirm = forms.BooleanField(label=_("Yes, stop it for good"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == GateDecision.Outcome.KILL and not given.get("confirm"):
            text = _("An end cannot be taken back. Tick this box to stop the project, or choose another outcome.")
            self.add_error("confirm", ValidationError(text, code="not_confirmed"))
        given.pop("confirm", None)
        return given
