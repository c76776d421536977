"""Forms that define a KPI, record what was measured, and say what a metric is worth."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from experiments.models import ModelVersion
from finance.forms import CurrencyField
from finance.money import MICRO, to_decimal, typed_minor
from outcomes.models import Kpi, ValueContract
from outcomes.services.kpi import DETAILS
from people.models import User
from projects.forms import DayField, MomentField, NumberField, PlainForm
from projects.models import Project

USUAL_METRICS = ("test_accuracy", "validation_accuracy", "test_loss", "latency_ms", "size_bytes")


class KpiWordsForm(PlainForm):
    """What a KPI says of itself."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What the business watches, for example: misrouted parcels.")
    )
    definition = forms.CharField(
        label=_("Definition"),
        max_length=240,
        required=False,
        help_text=_("How it is counted, so that two people get the same figure."),
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=_("Owner")
    )
    source = forms.CharField(
        label=_("Source"), max_length=120, required=False, help_text=_("The system or report that it comes from.")
    )


class KpiForm(KpiWordsForm):
    unit = forms.CharField(label=_("Unit"), max_length=24, help_text=_("For example %, min, EUR."))
    direction = forms.ChoiceField(label=_("Direction"), choices=Kpi.Direction.choices)
    aggregation = forms.ChoiceField(
        label=_("A period counts by"),
        choices=Kpi.Aggregation.choices,
        initial=Kpi.Aggregation.LAST,
        help_text=_(
            "Counts and amounts add up, and their baseline and target are those of one month; a share or a time counts "
            "by its last value or by the mean."
        ),
    )
    baseline = NumberField(label=_("Baseline"), help_text=_("Today's value, before the project."))
    target = NumberField(label=_("Target"), help_text=_("The value that makes the project worth it."))
    target_high = NumberField(
        label=_("Upper end of the band"),
        required=False,
        help_text=_("Only within a band, whose lower end is the target."),
    )


class KpiDetailsForm(KpiWordsForm):
    """To correct them; an owner who has left the company may stay."""

    def __init__(self, *args: Any, kpi: Kpi, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(kpi, name) for name in DETAILS}, **kwargs)
        people = User.objects.filter(Q(is_active=True) | Q(pk=kpi.owner_id))
        self.fields["owner"].queryset = people.order_by("first_name", "last_name")  # type: ignore[attr-defined]


class MeasurementForm(PlainForm):
    value = NumberField(label=_("Value"))
    measured_at = MomentField(label=_("Measured at"))
    source = forms.CharField(
        label=_("Source"), max_length=120, required=False, help_text=_("Left empty, the KPI's own source is noted.")
    )
    model_version = forms.ModelChoiceField(
        ModelVersion.objects.none(),
        label=_("With model"),
        required=False,
        empty_label=_("none of ours"),
        help_text=_("The model in use at that time; a change is drawn as a release."),
    )

    def __init__(self, *args: Any, kpi: Kpi, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].unit = kpi.unit  # type: ignore[attr-defined]
        models = ModelVersion.objects.filter(run__project=kpi.project_id).select_related("run")
        self.fields["model_version"].queryset = models  # type: ignore[attr-defined]


class ContractForm(PlainForm):
    """The formula in its own words; money as people write it, kept as integers behind it."""

    metric = forms.ChoiceField(label=_("Model metric"))
    metric_baseline = NumberField(label=_("Metric before"), help_text=_("Its value with today's way of working."))
    method = forms.ChoiceField(
        label=_("How it is known"), choices=ValueContract.Method.choices, required=False, initial="agreed"
    )
    sensitivity = NumberField(label=_("Sensitivity"), required=False)
    sensitivity_sd = NumberField(
        label=_("Its standard deviation"),
        required=False,
        min_value=0,
        help_text=_("How unsure the sensitivity is; it widens the range."),
    )
    units_per_year = NumberField(
        label=_("Units a year"), min_value=0, help_text=_("How often the KPI counts in a year.")
    )
    units_label = forms.CharField(
        label=_("What is counted"), max_length=60, help_text=_("For example parcels, tickets, calls.")
    )
    currency = CurrencyField(help_text=_("Of the worth and of the upkeep."))
    worth = forms.DecimalField(
        label=_("Worth of one KPI unit"),
        max_digits=18,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": _("This is not an amount. Write it like 0.0145.")},
    )
    upkeep = forms.CharField(
        label=_("Upkeep a year"),
        required=False,
        help_text=_("What it costs to keep the model running: labels, monitoring, retraining."),
    )
    valid_from = DayField(label=_("Valid from"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Valid until before"),
        required=False,
        help_text=_("Left empty, it counts until a later version begins."),
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "last_name"), label=_("Owner")
    )
    basis = forms.CharField(
        label=_("Basis"), max_length=240, required=False, help_text=_("Where the sensitivity and the volume come from.")
    )

    def __init__(self, *args: Any, kpi: Kpi, metrics: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, name.replace("_", " ")) for name in dict.fromkeys((*metrics, *USUAL_METRICS))]
        self.fields["metric"].choices = choices  # type: ignore[attr-defined]
        self.fields["sensitivity"].help_text = lazystr(
            _("Change of the KPI in %(unit)s when the metric rises by 1.") % {"unit": kpi.unit}
        )
        self.fields["sensitivity"].unit = kpi.unit  # type: ignore[attr-defined]
        self.fields["worth"].help_text = lazystr(_("Money for one %(unit)s of one counted unit.") % {"unit": kpi.unit})
        self.initial.setdefault("currency", settings.CURRENCY)

    def clean_method(self) -> str:
        return self.cleaned_data["method"] or ValueContract.Method.AGREED

    def clean(self) -> dict[str, Any]:
        """The measurements say an estimated sensitivity, so it need not be typed; an agreed one must be."""
        typed = self.cleaned_data
        if typed.get("method") == ValueContract.Method.REGRESSION:
            typed.update(sensitivity=None, sensitivity_sd=0.0)
        elif typed.get("sensitivity") is None and "sensitivity" not in self.errors:
            self.add_error("sensitivity", self.fields["sensitivity"].error_messages["required"])
        if "currency" in typed and "upkeep" in typed:
            self._clean_upkeep(typed)
        return typed

    def _clean_upkeep(self, typed: dict[str, Any]) -> None:
        try:
            typed["upkeep_minor"] = typed_minor(typed["upkeep"] or "0", typed["currency"])
        except ValidationError as fault:
            self.add_error("upkeep", fault)

    def clean_sensitivity_sd(self) -> float:
        return self.cleaned_data["sensitivity_sd"] or 0.0

    def formula(self) -> dict[str, Any]:
        """The arguments of the verb `draft_contract`."""
        fields = {name: value for name, value in self.cleaned_data.items() if name != "upkeep"}
        return fields | {"worth_micro": int(fields.pop("worth") * MICRO)}


def terms_of(contract: ValueContract) -> dict[str, Any]:
    """What the form shows when a new version starts from an older one; an end that has passed is none of a new one."""
    names = (
        "metric",
        "metric_baseline",
        "sensitivity",
        "sensitivity_sd",
        "units_per_year",
        "units_label",
        "currency",
        "owner",
        "basis",
    )
    end = contract.valid_to
    return {name: _plain(getattr(contract, name)) for name in names} | {
        "worth": f"{(Decimal(contract.worth_micro) / MICRO).normalize():f}",
        "upkeep": to_decimal(contract.upkeep_minor, contract.currency),
        "valid_to": end if end is not None and end > timezone.localdate() else None,
    }


def _plain(value: Any) -> Any:
    """4380000.0 is typed as 4380000."""
    return f"{Decimal(repr(value)).normalize():f}" if isinstance(value, float) else value


class EarningKpiForm(PlainForm):
    kpi: forms.ModelChoiceField = forms.ModelChoiceField(None, label=_("KPI that earns"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kpi"].queryset = Kpi.objects.filter(project=project)  # type: ignore[attr-defined]
