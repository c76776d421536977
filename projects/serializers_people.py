"""The REST face of allocations: what is read and what planning systems send."""

from typing import Any

from rest_framework import serializers

from people.batches import MOST_ROWS
from people.serializers import Input, Output, name_field
from people.serializers_employment import PersonOfSourceIn, number_field, source_field
from projects.models import Allocation
from projects.serializers import project_field


class AllocationOut(Output):
    project = name_field("key")
    person = serializers.CharField(source="employment.name")

    class Meta:
        model = Allocation
        fields = [
            "id",
            "source",
            "external_id",
            "project",
            "employment",
            "person",
            "hours_per_week",
            "valid_from",
            "valid_to",
            "status",
        ]


class AllocationIn(PersonOfSourceIn):
    source = source_field()  # type: ignore[assignment]
    external_id = number_field()
    project = project_field()
    hours_per_week = serializers.IntegerField(min_value=0, max_value=60)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(default=None, allow_null=True)
    status = serializers.ChoiceField(Allocation.Status.choices, default=Allocation.Status.CONFIRMED)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return self.employment_on(attrs, "valid_from")


class AllocationsIn(Input):
    allocations = AllocationIn(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]
