"""Forms that employ a person, change and end that, and add a role."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Department, Employment, JobRole, User
from people.typed import FormNumber
from projects.forms import DayField, PlainForm


class EmploymentForm(PlainForm):
    """What is told of a person from a day on."""

    name = forms.CharField(label=_("Name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    role = forms.ModelChoiceField(JobRole.objects.all(), label=_("Role"))
    department = forms.ModelChoiceField(Department.objects.all(), label=_("Department"))
    fte_percent = forms.IntegerField(
        label=_("Share of full time"),
        min_value=1,
        max_value=100,
        initial=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    valid_from = DayField(label=_("From"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Until"), required=False, help_text=_("The first day that no longer counts; empty for no end.")
    )
    user = forms.ModelChoiceField(
        User.objects.none(), label=_("Signs in as"), required=False, empty_label=_("nobody who signs in")
    )

    def __init__(self, *args: Any, keeps: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["fte_percent"].unit = "%"  # type: ignore[attr-defined]
        known = User.objects.filter(Q(is_active=True, service_client=None) | Q(pk=keeps and keeps.pk))
        self.fields["user"].queryset = known.order_by("first_name", "last_name")  # type: ignore[attr-defined]


class NewEmploymentForm(EmploymentForm):
    external_id = FormNumber()


class ChangeEmploymentForm(EmploymentForm):
    """The facts of today to begin from; what is changed counts from the day that is typed."""

    def __init__(self, typed: Any, *, row: Employment, today: date) -> None:
        told = {name: getattr(row, name) for name in ("name", "role", "department", "fte_percent", "valid_to", "user")}
        super().__init__(typed, initial=told | {"valid_from": max(today, row.valid_from)}, keeps=row.user)
        self.fields["valid_from"].label = _("Counts from")


class EndForm(PlainForm):
    valid_to = DayField(
        label=_("Ends on"), initial=timezone.localdate, help_text=_("The first day that no longer counts.")
    )


class JobRoleForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For example ML engineer."))
    code = forms.SlugField(
        label=_("Code"),
        max_length=50,
        help_text=_("Letters, digits, hyphens: systems name the role by it, for example ml-engineer."),
    )
