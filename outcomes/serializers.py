"""The REST face of KPIs, their measurements and value contracts."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from experiments.models import ModelVersion
from finance.serializers import AmountIn, MicroOut, MinorOut, currency_field, micro_units, minor_units
from outcomes.models import Kpi, Measurement, ValueContract
from people.serializers import Input, NumberField, Output, UtcField, VisibleKeyField, name_field, person_field
from projects.serializers import project_field


class KpiOut(Output):
    project = name_field("key")
    owner = name_field()

    class Meta:
        model = Kpi
        fields = [
            "id",
            "project",
            "name",
            "definition",
            "unit",
            "direction",
            "aggregation",
            "owner",
            "source",
            "baseline",
            "target",
            "target_high",
        ]
        extra_kwargs = {"target_high": {"help_text": _("Upper end of a band that begins with `target`; null without.")}}


class KpiIn(Input):
    project = project_field()
    name = serializers.CharField(max_length=120)
    definition = serializers.CharField(max_length=240, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=24)
    direction = serializers.ChoiceField(Kpi.Direction.choices)
    aggregation = serializers.ChoiceField(
        Kpi.Aggregation.choices,
        default=Kpi.Aggregation.LAST,
        help_text=_("What a period counts by: its last value, the mean or the sum."),
    )
    owner = person_field()
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]
    baseline = NumberField(help_text=_("Of a sum that of one month."))
    target = NumberField(help_text=_("Of a sum that of one month, of a band its lower end."))
    target_high = NumberField(
        required=False, allow_null=True, help_text=_("Upper end of the band, with the direction within only.")
    )


class ChangeKpiIn(Input):
    name = serializers.CharField(max_length=120, required=False)
    definition = serializers.CharField(max_length=240, required=False, allow_blank=True)
    owner = person_field(required=False)
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]


class MeasurementOut(Output):
    recorded_by = name_field()

    class Meta:
        model = Measurement
        fields = ["id", "kpi", "value", "measured_at", "recorded_at", "recorded_by", "source", "model_version"]


class MeasurementIn(Input):
    value = NumberField()
    measured_at = UtcField(default=timezone.now, help_text=_("Now when left out."))
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]
    model_version = VisibleKeyField(
        queryset=ModelVersion.objects.all(), pk_field=serializers.UUIDField(), required=False, allow_null=True
    )


class ContractOut(Output):
    project = serializers.CharField(source="kpi.project.key")
    status = serializers.ChoiceField(
        ValueContract.Status.choices,
        source="standing",
        read_only=True,
        help_text=_("Superseded once a version signed after it has begun."),
    )
    owner = name_field()
    signed_by = name_field(allow_null=True)
    estimate: serializers.Field = serializers.DictField(
        help_text=_("Slope, standard error, 90 % interval, n and r2 of a regression; empty when agreed.")
    )
    worth = MicroOut("worth_micro", help_text=_("Worth of one KPI unit, for one counted unit."))
    upkeep = MinorOut("upkeep_minor", help_text=_("Upkeep a year."))

    class Meta:
        model = ValueContract
        fields = [
            "id",
            "project",
            "kpi",
            "version",
            "status",
            "metric",
            "metric_baseline",
            "sensitivity",
            "sensitivity_sd",
            "method",
            "estimate",
            "units_per_year",
            "units_label",
            "currency",
            "worth",
            "upkeep",
            "valid_from",
            "valid_to",
            "owner",
            "basis",
            "signed_by",
            "signed_at",
        ]


class ContractIn(Input):
    kpi = VisibleKeyField(queryset=Kpi.objects.all(), pk_field=serializers.IntegerField())
    metric = serializers.CharField(max_length=80)
    metric_baseline = NumberField()
    method = serializers.ChoiceField(ValueContract.Method.choices, default=ValueContract.Method.AGREED)
    sensitivity = NumberField(required=False, help_text=_("Left out with the method regression."))
    sensitivity_sd = NumberField(required=False, min_value=0)
    units_per_year = NumberField(min_value=0)
    units_label = serializers.CharField(max_length=60)
    currency = currency_field()
    worth = AmountIn(help_text=_("Worth of one KPI unit, for one counted unit."))
    upkeep = AmountIn(required=False, help_text=_("Upkeep a year."))
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True, help_text=_("Exclusive."))
    owner = person_field()
    basis = serializers.CharField(max_length=240, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["worth_micro"] = micro_units(attrs.pop("worth"))
        if "upkeep" in attrs:
            attrs["upkeep_minor"] = minor_units("upkeep", attrs.pop("upkeep"), attrs["currency"])
        return attrs
