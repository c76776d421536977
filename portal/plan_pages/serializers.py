"""The REST face of stages and risks: amounts are decimal strings in the currency of the project."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from finance.money import to_minor
from finance.serializers import AmountIn, MinorOut, currency_field
from people.serializers import Input, Output, name_field, person_field
from projects.models import Risk, Stage
from projects.serializers import project_field


class StageOut(Output):
    project = name_field("key")
    currency = serializers.CharField(read_only=True, help_text=_("Of the newest budget of the project."))
    cost = MinorOut("cost_minor", allow_null=True)

    class Meta:
        model = Stage
        fields = [
            "id",
            "project",
            "station",
            "planned_start",
            "planned_finish",
            "forecast_start",
            "forecast_finish",
            "actual_start",
            "actual_finish",
            "p_success_percent",
            "cost",
            "currency",
        ]


class ForecastStageIn(Input):
    start = serializers.DateField(allow_null=True, default=None)
    finish = serializers.DateField(allow_null=True, default=None, help_text=_("Both empty: computed again."))


class AssessStageIn(Input):
    p_success_percent = serializers.IntegerField(min_value=0, max_value=100, allow_null=True)
    cost = AmountIn(allow_null=True)


class RiskOut(Output):
    project = name_field("key")
    owner = name_field()
    impact = MinorOut("impact_minor")
    exposure = MinorOut("exposure_minor", help_text=_("Probability times impact."))

    class Meta:
        model = Risk
        fields = [
            "id",
            "project",
            "title",
            "probability_percent",
            "impact",
            "exposure",
            "currency",
            "response",
            "mitigation",
            "owner",
            "opened_on",
            "closed_on",
        ]


class RiskIn(Input):
    project = project_field()
    title = serializers.CharField(max_length=160)
    probability_percent = serializers.IntegerField(min_value=1, max_value=99)
    impact = AmountIn()
    currency = currency_field(default=settings.CURRENCY)
    response = serializers.ChoiceField(Risk.Response.choices)
    mitigation = serializers.CharField(max_length=240, required=False, allow_blank=True)
    owner = person_field()
    opened_on = serializers.DateField(default=timezone.localdate, help_text=_("Today when left out."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["impact_minor"] = to_minor(attrs.pop("impact"), attrs["currency"])
        return attrs


class ChangeRiskIn(Input):
    title = serializers.CharField(max_length=160, required=False)
    probability_percent = serializers.IntegerField(min_value=1, max_value=99, required=False)
    impact = AmountIn(required=False, help_text=_("In the currency of the risk."))
    response = serializers.ChoiceField(Risk.Response.choices, required=False)
    mitigation = serializers.CharField(max_length=240, required=False, allow_blank=True)
    owner = person_field(required=False)
