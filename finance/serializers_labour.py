"""The REST face of role rates and worked time."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from finance.models import BudgetLine, RoleRate, TimeEntry
from finance.serializers import AmountIn, MinorOut, currency_field, minor_units
from people.batches import MOST_ROWS
from people.serializers import Input, Output, VisibleKeyField, name_field
from people.serializers_employment import PersonOfSourceIn, number_field, role_field, source_field
from projects.models import Station


class RoleRateOut(Output):
    role = name_field("code")
    hour = MinorOut("hour_minor")

    class Meta:
        model = RoleRate
        fields = [
            "id",
            "role",
            "hour",
            "currency",
            "valid_from",
            "valid_to",
            "recorded_at",
            "source",
            "external_id",
        ]


class RoleRateIn(Input):
    source = source_field()  # type: ignore[assignment]
    external_id = number_field()
    role = role_field()
    hour = AmountIn(help_text=_("Price of an hour."))
    currency = currency_field()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(
        default=None, allow_null=True, help_text=_("The first day on which it no longer counts.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["hour_minor"] = minor_units("hour", attrs.pop("hour"), attrs["currency"])
        return attrs


class RoleRatesIn(Input):
    role_rates = RoleRateIn(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]


class EffectRowOut(serializers.Serializer):
    period = serializers.CharField(read_only=True)
    is_closed = serializers.BooleanField(
        read_only=True, help_text=_("Nothing moves there; the difference goes into the open period.")
    )
    project = serializers.CharField(read_only=True, source="project_key")
    entries = serializers.IntegerField(read_only=True)
    minutes = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)
    posted = MinorOut("posted_minor", "currency")
    due = MinorOut("due_minor", "currency")
    difference = MinorOut("difference_minor", "currency")


class RateEffectOut(serializers.Serializer):
    entries = serializers.IntegerField(read_only=True, help_text=_("Time entries whose cost would change."))
    rows = EffectRowOut(many=True, read_only=True)


class AdjustIn(Input):
    effective_on = serializers.DateField(
        default=timezone.localdate, help_text=_("A day of an open period; today when left out.")
    )


class AdjustedOut(serializers.Serializer):
    journal_entries = serializers.ListField(child=serializers.IntegerField(), read_only=True)


class TimeEntryOut(Output):
    project = serializers.CharField(source="line.budget.project.key")
    person = serializers.CharField(source="employment.name")

    class Meta:
        model = TimeEntry
        fields = [
            "id",
            "source",
            "external_id",
            "project",
            "line",
            "employment",
            "person",
            "worked_on",
            "minutes",
            "station",
            "recorded_at",
        ]


class TimeEntryIn(PersonOfSourceIn):
    source = source_field()  # type: ignore[assignment]
    external_id = number_field()
    line = VisibleKeyField(
        queryset=BudgetLine.objects.select_related("budget__project"),
        help_text=_("The budget line for people that is charged."),
    )
    worked_on = serializers.DateField()
    minutes = serializers.IntegerField(
        min_value=-1440, max_value=1440, help_text=_("A correction is the difference, which may be negative.")
    )
    station = serializers.ChoiceField(Station.choices, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return self.employment_on(attrs, "worked_on")


class TimeEntriesIn(Input):
    time_entries = TimeEntryIn(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]
