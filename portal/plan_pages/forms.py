"""Forms of the plan page: stages, milestones, risks, and the state of the project."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from finance.money import to_decimal, typed_minor
from people.models import User
from projects.forms import DayField, PlainForm
from projects.models import Horizon, Milestone, Programme, Project, Risk, Stage, Station
from projects.services.plan import RISK_WORDS
from projects.services.project import ENDS, PROJECT_STEPS

DATES = ("planned_start", "planned_finish", "forecast_start", "forecast_finish")


def to_amount(text: str, currency: str) -> int | None:
    """Minor units of a typed amount; None where nothing is typed."""
    if not text.strip():
        return None
    minor = typed_minor(text, currency)
    if minor < 0:
        raise ValidationError(_("An amount here is zero or more."), code="out_of_range")
    return minor


def _in_row(stage: Any, column: Any) -> str:
    return f"{stage}, {column}"


class AmountField(forms.CharField):
    """An amount in the currency of the project; the form turns it into minor units."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=40, **kwargs)


class StagesForm(PlainForm):
    """A row of six fields for each stage."""

    def __init__(self, typed: Any, *, stages: Sequence[Stage], currency: str) -> None:
        self.stages, self.currency = stages, currency
        super().__init__(typed, initial={})
        for stage in stages:
            self._add(stage)

    def _add(self, stage: Stage) -> None:
        name, word = stage.station, stage.get_station_display()
        labels = (_("planned start"), _("planned finish"), _("expected start"), _("expected finish"))
        for field, label in zip(DATES, labels, strict=True):
            self._put(f"{name}-{field}", DayField(required=False, label=_in_row(word, label)), getattr(stage, field))
        chance = forms.IntegerField(
            required=False,
            min_value=0,
            max_value=100,
            label=_in_row(word, _("probability")),
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )
        self._put(f"{name}-p_success_percent", chance, stage.p_success_percent)
        cost = None if stage.cost_minor is None else to_decimal(stage.cost_minor, self.currency)
        self._put(f"{name}-cost", AmountField(required=False, label=_in_row(word, _("cost"))), cost)

    def _put(self, name: str, field: forms.Field, initial: Any) -> None:
        field.widget.attrs.update({"class": "input", "aria-label": field.label})
        field.unit = field.limits = ""  # type: ignore[attr-defined]
        self.fields[name] = field
        self.initial[name] = initial

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for stage in self.stages:
            name = f"{stage.station}-cost"
            try:
                cleaned[name] = to_amount(cleaned.get(name) or "", self.currency)
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned

    def column(self, name: str) -> dict[Station, Any]:
        """One column by station."""
        return {Station(stage.station): self.cleaned_data[f"{stage.station}-{name}"] for stage in self.stages}

    @property
    def lines(self) -> list[tuple[Stage, list[forms.BoundField]]]:
        """Each stage with its six fields, for the table."""
        names = (*DATES, "p_success_percent", "cost")
        return [(stage, [self[f"{stage.station}-{name}"] for name in names]) for stage in self.stages]


class DependencyFields(PlainForm):
    """What a milestone waits for."""

    predecessor = forms.ModelChoiceField(
        Milestone.objects.none(), label=_("Waits for"), required=False, empty_label=_("nothing more")
    )
    lag_days = forms.IntegerField(
        label=_("Days between"),
        min_value=0,
        max_value=3650,
        initial=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, user: User, without: Milestone | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Milestone.objects.visible_to(user).select_related("project").order_by("project__key", "planned_on")
        field: Any = self.fields["predecessor"]
        field.queryset = others.exclude(pk=without.pk) if without else others
        field.label_from_instance = lambda milestone: f"{milestone.project.key} {milestone.title}"


class MilestoneForm(DependencyFields):
    title = forms.CharField(label=_("Milestone"), max_length=120, help_text=_("What is true on that day."))
    planned_on = DayField(label=_("Planned"), help_text=_("The first plan stays as its baseline."))


class MilestoneMoveForm(DependencyFields):
    planned_on = DayField(label=_("Planned"))


class ReachForm(PlainForm):
    on = DayField(label=_("Reached on"), initial=timezone.localdate)


class RiskForm(PlainForm):
    title = forms.CharField(label=_("What may happen"), max_length=160)
    probability_percent = forms.IntegerField(
        label=_("Probability in percent"),
        min_value=1,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    impact = AmountField(label=_("Cost if it happens"))
    response = forms.ChoiceField(label=_("Response"), choices=Risk.Response, initial=Risk.Response.REDUCE)
    mitigation = forms.CharField(label=_("What is done"), max_length=240, required=False)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=_("Owner")
    )
    opened_on = DayField(label=_("Seen on"), initial=timezone.localdate)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["impact"].unit = currency  # type: ignore[attr-defined]
        self.fields["probability_percent"].limits = _("1 to 99")  # type: ignore[attr-defined]

    def clean_impact(self) -> int | None:
        return to_amount(self.cleaned_data["impact"], self.currency)


class RiskChangeForm(RiskForm):
    """An open risk as it was weighed last; the day on which it was seen stays."""

    def __init__(self, *args: Any, risk: Risk, **kwargs: Any) -> None:
        told = {name: getattr(risk, name) for name in RISK_WORDS}
        told["impact"] = str(to_decimal(risk.impact_minor, risk.currency))
        super().__init__(*args, currency=risk.currency, initial=told, **kwargs)
        del self.fields["opened_on"]


class StateForm(PlainForm):
    """Where the project may go from its state. The form sees to it that an end is not a slip of the mouse."""

    status = forms.ChoiceField(label=_("New state"), widget=forms.RadioSelect)
    on = DayField(label=_("On"), initial=timezone.localdate, help_text=_("Today or a day before."))
    confirm = forms.BooleanField(label=_("Yes, end it for good"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["status"]
        field.choices = [(step.value, step.label) for step in PROJECT_STEPS[project.status]]
        field.error_messages["required"] = _("Choose a state.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("status") in ENDS and not given.get("confirm"):
            text = _("An end cannot be taken back. Tick this box to end the project, or choose another state.")
            self.add_error("confirm", ValidationError(text, code="not_confirmed"))
        return given


class PlaceForm(PlainForm):
    programme = forms.ModelChoiceField(
        Programme.objects.none(), label=_("Programme"), required=False, empty_label=_("none")
    )
    horizon = forms.ChoiceField(label=_("Horizon"), choices=Horizon)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programmes: Any = self.fields["programme"]
        programmes.queryset = Programme.objects.filter(portfolio=project.portfolio_id)
