"""Forms at a gate: ask for a review, answer its check list, decide."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outcomes.models import GateDecision
from projects.forms import DayField, PlainForm

USUAL_WAIT = timedelta(days=14)


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


class DecisionForm(PlainForm):
    """The verb judges; the form only sees to it that an end is not a slip of the mouse."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=GateDecision.Outcome.choices, widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Signed with the evidence and kept. Say what tipped the balance."),
    )
    conditions = forms.CharField(
        label=_("Conditions"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For a go with conditions: what, by when, and who sees to it."),
    )
    confirm = forms.BooleanField(label=_("Yes, stop it for good"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == GateDecision.Outcome.KILL and not given.get("confirm"):
            text = _("An end cannot be taken back. Tick this box to stop the project, or choose another outcome.")
            self.add_error("confirm", ValidationError(text, code="not_confirmed"))
        given.pop("confirm", None)
        return given
