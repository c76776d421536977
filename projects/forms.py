"""Forms that open a project and take feedback, and the base that every form of the product shares."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Department, User
from projects.models import Portfolio, Programme, Project, models_to_name
from projects.services.project_details import DETAILS


class PlainForm(forms.Form):
    """Fields with the look and the aria links of `components/field.html`; a verb's refusal lands on its field."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect):
                field.widget.attrs.setdefault("class", "input")
            if isinstance(field, forms.ModelChoiceField) and field.empty_label == "---------":
                field.empty_label = _("Choose")
            field.error_messages["required"] = _("Missing. Fill it in.")
            field.unit, field.limits = getattr(field, "unit", ""), getattr(field, "limits", "")  # type: ignore[attr-defined]

    def refuse(self, error: ValidationError) -> None:
        """Show what a verb refused; faults of fields that this form lacks go above it."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, faults in error.error_dict.items():
            self.add_error(name if name in self.fields and name != NON_FIELD_ERRORS else None, faults)


class NumberField(forms.FloatField):
    """A number typed as text, so that a slip is shown back and not swallowed by the browser."""

    default_error_messages = {"invalid": _("This is not a number. Write it like 12.5.")}

    def __init__(self, *, unit: str = "", limits: str = "", **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)
        for validator in self.validators:
            if isinstance(validator, MinValueValidator):
                validator.message = _("This is below the limit of %(limit_value)s.")
            elif isinstance(validator, MaxValueValidator):
                validator.message = _("This is above the limit of %(limit_value)s.")
        self.unit, self.limits = unit, limits


class DayField(forms.DateField):
    """A day, by the browser's own calendar."""

    default_error_messages = {"invalid": _("This is not a day. Write it like 2026-11-24.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


class MomentField(forms.DateTimeField):
    """A day and a time."""

    default_error_messages = {"invalid": _("This is not a time. Write it like 2026-11-24 14:30.")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, initial=lambda: timezone.localtime().replace(second=0, microsecond=0), **kwargs)


class ProjectWordsForm(PlainForm):
    """What every project says of itself."""

    title = forms.CharField(label=_("Title"), max_length=160)
    summary = forms.CharField(
        label=_("What it does"), max_length=240, required=False, help_text=_("One line, in plain words.")
    )
    demand = forms.CharField(
        label=_("Demand"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The business need, in the words of who asked."),
    )
    sponsor = forms.ModelChoiceField(Department.objects.all(), label=_("Sponsor"))
    lead = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=_("Lead")
    )
    members = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"),
        label=_("Team"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only the team, managers and finance see the project."),
    )
    due_on = DayField(label=_("Due"), required=False)

    def clean_members(self) -> tuple[User, ...]:
        return tuple(self.cleaned_data["members"])


class ProjectForm(ProjectWordsForm):
    key = forms.CharField(
        label=_("Key"),
        max_length=8,
        help_text=_("Two to eight capital letters or digits; jobs are numbered with it: TRI-47."),
    )
    portfolio = forms.ModelChoiceField(Portfolio.objects.all(), label=_("Portfolio"))
    started_on = DayField(label=_("Since"), initial=timezone.localdate)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].strip().upper()
        if Project.objects.filter(key=key).exists():
            raise ValidationError(
                _("%(key)s is taken by another project. Choose another key."), code="taken", params={"key": key}
            )
        return key


class ProjectDetailsForm(ProjectWordsForm):
    """To correct them; who has left the company may stay where he is named."""

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        told = {name: getattr(project, name) for name in DETAILS} | {"members": project.members.all()}
        super().__init__(*args, initial=told, **kwargs)
        people = User.objects.filter(Q(is_active=True) | Q(pk=project.lead_id) | Q(memberships__project=project))
        for name in ("lead", "members"):
            self.fields[name].queryset = people.distinct().order_by("first_name", "last_name")  # type: ignore[attr-defined]


class ProgrammeForm(PlainForm):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("The aim, for example: fewer stops in the depots.")
    )
    portfolio = forms.ModelChoiceField(Portfolio.objects.all(), label=_("Portfolio"))
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=_("Owner")
    )

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if Programme.objects.filter(name=typed.get("name"), portfolio=typed.get("portfolio")).exists():
            text = _("%(portfolio)s has a programme of this name. Choose another name.") % typed
            self.add_error("name", ValidationError(text, code="taken"))
        return typed


class FeedbackForm(PlainForm):
    SCORES = [(score, str(score)) for score in range(1, 6)]

    score = forms.TypedChoiceField(
        label=_("Score"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=_("1 is useless, 5 could not be better."),
    )
    text = forms.CharField(label=_("What they say"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    source = forms.CharField(
        label=_("From"), max_length=120, help_text=_("Name and desk, for example: Maria López, billing.")
    )
    received_at = MomentField(label=_("Received"))
    model_version: forms.ModelChoiceField = forms.ModelChoiceField(
        None, label=_("About the model"), required=False, empty_label=_("not known, or none of ours")
    )
    request_id = forms.CharField(
        label=_("About the request"),
        max_length=120,
        required=False,
        help_text=_("The id of a call of the deployed model, as the system that serves it names it."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["score"].limits = _("1 to 5")  # type: ignore[attr-defined]
        models = models_to_name().filter(run__project=project).select_related("run")
        self.fields["model_version"].queryset = models  # type: ignore[attr-defined]
