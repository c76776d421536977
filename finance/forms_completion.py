"""The form that says how much of a stage is done."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.forms import DayField, PlainForm
from projects.models import Station


class CompletionForm(PlainForm):
    station = forms.ChoiceField(label=_("Stage"), choices=Station.choices)
    percent = forms.IntegerField(
        label=_("Done"),
        min_value=0,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("A whole number of percent, from 0 to 100."),
    )
    judged_on = DayField(label=_("As of"), initial=timezone.localdate)
    reason = forms.CharField(
        label=_("Why"), max_length=240, help_text=_("What is finished and what is not, so that others can judge too.")
    )
