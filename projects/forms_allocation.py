"""Forms that give a project hours of a person, change that and end it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.typed import FormNumber
from projects.forms import DayField, PlainForm
from projects.models import Allocation, Project
from projects.querysets import ProjectQuerySet

MOST_SUGGESTED = 100


class AllocationForm(PlainForm):
    """A project is chosen from a list, or among very many by its key."""

    project = forms.CharField(label=_("Project"), max_length=8)
    hours_per_week = forms.IntegerField(
        label=_("Hours a week"),
        min_value=1,
        max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    valid_from = DayField(label=_("From"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Until"),
        required=False,
        help_text=_("The first day on which it no longer counts; empty for no end."),
    )
    status = forms.ChoiceField(
        label=_("How certain"),
        choices=Allocation.Status.choices,
        initial=Allocation.Status.CONFIRMED,
        help_text=_("Tentative hours stand beside the others and do not count as given."),
    )

    def __init__(self, *args: Any, projects: ProjectQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.projects, offered = projects, projects.offered()
        self.suggested: list[Project] = []
        if offered:
            choices = [("", _("Choose")), *((each.key, f"{each.key} · {each.title}") for each in offered)]
            self.fields["project"].widget = forms.Select({"class": "input"}, choices)
        else:
            self.suggested = list(projects.order_by("-started_on", "key")[:MOST_SUGGESTED])
            names = {"class": "input", "list": "suggested", "autocomplete": "off", "autocapitalize": "characters"}
            self.fields["project"].widget = forms.TextInput(names)
            self.fields["project"].help_text = _("Its key, for example TRI.")

    def clean_project(self) -> Project:
        found: Project | None = self.projects.filter(key=self.cleaned_data["project"].upper()).first()
        if found is None:
            raise ValidationError(_("No project with this key is running. Type the key of one."), code="unknown")
        return found


class NewAllocationForm(AllocationForm):
    external_id = FormNumber()


class EndForm(PlainForm):
    on = DayField(
        label=_("Ends on"),
        initial=timezone.localdate,
        help_text=_("The first day on which it no longer counts. What has not begun by then never does."),
    )
