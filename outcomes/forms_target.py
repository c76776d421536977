"""Forms that set the target of a period, take a file of measurements, and open objectives with their key results."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes.measurement_file import MOST_BYTES
from outcomes.models import Kpi, Objective
from people.models import User
from projects.forms import DayField, NumberField, PlainForm
from projects.models import Portfolio


class TargetForm(PlainForm):
    starts_on = DayField(label=gettext_lazy("Begins"))
    ends_on = DayField(label=gettext_lazy("Ends before"))
    value = NumberField(label=gettext_lazy("Target"))
    value_high = NumberField(label=gettext_lazy("Upper end of the band"))
    amber = NumberField(label=gettext_lazy("Amber beyond"))
    red = NumberField(label=gettext_lazy("Red beyond"))

    def __init__(self, *args: Any, kpi: Kpi, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("value", "value_high", "amber", "red"):
            self.fields[name].unit = kpi.unit  # type: ignore[attr-defined]
        if kpi.direction != Kpi.Direction.WITHIN:
            del self.fields["value_high"]
            return
        self.fields["value"].label = gettext_lazy("Lower end of the band")
        self.fields["amber"].label = gettext_lazy("Amber when outside by more than")
        self.fields["red"].label = gettext_lazy("Red when outside by more than")


class FileForm(PlainForm):
    """A CSV file; on the second step its text comes back with the page, so that what was shown is what is recorded."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy("CSV with the columns kpi, measured_at, value and source."),
    )
    text = forms.CharField(required=False, max_length=MOST_BYTES, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "")
        if file is None and not text and "file" not in self.errors:
            raise ValidationError({"file": ValidationError(_("Choose a file."), code="required")})
        self.cleaned_data["content"] = file.read(MOST_BYTES + 1) if file is not None else text.encode()
        return self.cleaned_data


class ObjectiveForm(PlainForm):
    title = forms.CharField(
        label=gettext_lazy("Objective"),
        max_length=160,
        help_text=gettext_lazy("What should be true at the end, in one sentence."),
    )
    portfolio = forms.ModelChoiceField(Portfolio.objects.all(), label=gettext_lazy("Portfolio"))
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=gettext_lazy("Owner")
    )
    starts_on = DayField(label=gettext_lazy("Begins"))
    ends_on = DayField(label=gettext_lazy("Ends before"))


class KeyResultForm(PlainForm):
    kpi = forms.ModelChoiceField(Kpi.objects.none(), label=gettext_lazy("KPI"))
    baseline = NumberField(
        label=gettext_lazy("Baseline"), required=False, help_text=gettext_lazy("Left empty, that of the KPI.")
    )
    target = NumberField(
        label=gettext_lazy("Target"), required=False, help_text=gettext_lazy("Left empty, that of the KPI.")
    )
    weight = forms.IntegerField(
        label=gettext_lazy("Weight"),
        min_value=1,
        max_value=100,
        initial=1,
        widget=forms.NumberInput,
        help_text=gettext_lazy("2 counts twice as much as 1."),
    )

    def __init__(self, *args: Any, objective: Objective, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kpis = Kpi.objects.filter(project__portfolio=objective.portfolio_id).exclude(key_results__objective=objective)
        self.fields["kpi"].queryset = kpis.select_related("project")  # type: ignore[attr-defined]
        self.fields["kpi"].label_from_instance = _kpi_in_words  # type: ignore[attr-defined]


def _kpi_in_words(kpi: Kpi) -> str:
    return f"{kpi.project.key}: {kpi.name}"
