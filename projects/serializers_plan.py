"""The REST face of demands, programmes and milestones: what is read and what is sent."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from people.models import Department
from people.serializers import Input, Output, VisibleKeyField, VisibleSlugField, name_field, person_field
from projects.models import Demand, Dependency, Horizon, Milestone, Portfolio, Programme, Project, Station
from projects.serializers import project_field


class DemandOut(Output):
    department = name_field("code")
    proposer = name_field(allow_null=True)
    decided_by = name_field(allow_null=True)
    improves = name_field("key", allow_null=True)
    project = name_field("key", allow_null=True, help_text=_("The project that it became."))
    merged_into = serializers.IntegerField(source="merged_into.pk", read_only=True, allow_null=True)
    evidence = serializers.JSONField(help_text=_("The facts that opened it, where it opened itself."))

    class Meta:
        model = Demand
        fields = [
            "id",
            "title",
            "problem",
            "department",
            "proposer",
            "horizon",
            "impact",
            "status",
            "origin",
            "reference",
            "evidence",
            "improves",
            "project",
            "merged_into",
            "opened_at",
            "decided_at",
            "decided_by",
            "decision_note",
        ]


def _department() -> VisibleSlugField:
    return VisibleSlugField(
        slug_field="code", queryset=Department.objects.all(), help_text=_("Code of the department.")
    )


class DemandIn(Input):
    title = serializers.CharField(max_length=160)
    problem = serializers.CharField(max_length=10_000)
    department = _department()
    horizon = serializers.ChoiceField(Horizon.choices, default=Horizon.CORE)
    impact = serializers.IntegerField(min_value=1, max_value=5, default=3)


class ChangeDemandIn(Input):
    title = serializers.CharField(max_length=160)
    problem = serializers.CharField(max_length=10_000)
    department = _department()
    horizon = serializers.ChoiceField(Horizon.choices)
    impact = serializers.IntegerField(min_value=1, max_value=5)


class DecideDemandIn(Input):
    status = serializers.ChoiceField(
        [choice for choice in Demand.Status.choices if choice[0] not in {"draft", "submitted"}]
    )
    note = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", help_text=_("The reason of the decision.")
    )
    project = project_field(required=False, help_text=_("The project that answers it, where it is accepted."))
    merged_into = VisibleKeyField(queryset=Demand.objects.all(), required=False)


class AcceptDemandIn(Input):
    key = serializers.CharField(max_length=8, help_text=_("Two to eight capital letters or digits, for example TRI."))
    title = serializers.CharField(max_length=160)
    summary = serializers.CharField(max_length=240, required=False, allow_blank=True)
    portfolio = VisibleSlugField(slug_field="name", queryset=Portfolio.objects.all())
    programme = serializers.PrimaryKeyRelatedField(queryset=Programme.objects.all(), required=False, allow_null=True)
    sponsor = _department()
    lead = person_field()
    members = serializers.ListField(child=person_field(), required=False, max_length=200)
    started_on = serializers.DateField(default=timezone.localdate, help_text=_("Today when left out."))
    due_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class PortfolioOut(Output):
    class Meta:
        model = Portfolio
        fields = ["id", "name"]


class PortfolioIn(Input):
    name = serializers.CharField(max_length=120)


class ProgrammeOut(Output):
    portfolio = name_field("name")
    owner = name_field()

    class Meta:
        model = Programme
        fields = ["id", "portfolio", "name", "owner"]


class ProgrammeIn(Input):
    portfolio = VisibleSlugField(slug_field="name", queryset=Portfolio.objects.all())
    name = serializers.CharField(max_length=120)
    owner = person_field()


class DependencyOut(Output):
    class Meta:
        model = Dependency
        fields = ["id", "predecessor", "successor", "lag_days"]


class DependencyIn(Input):
    predecessor = VisibleKeyField(queryset=Milestone.objects.all())
    successor = VisibleKeyField(queryset=Milestone.objects.all())
    lag_days = serializers.IntegerField(min_value=0, max_value=3650, default=0)


class MilestoneOut(Output):
    project = name_field("key")
    waits_for = DependencyOut(many=True)

    class Meta:
        model = Milestone
        fields = ["id", "project", "title", "baseline_on", "planned_on", "actual_on", "waits_for"]


class MilestoneIn(Input):
    project = project_field()
    title = serializers.CharField(max_length=120)
    planned_on = serializers.DateField()


class MoveMilestoneIn(Input):
    planned_on = serializers.DateField()


class DayIn(Input):
    on = serializers.DateField(default=timezone.localdate, help_text=_("Today when left out."))


class EndProjectIn(DayIn):
    status = serializers.ChoiceField([Project.Status.KILLED.value, Project.Status.COMPLETED.value])


class PlaceProjectIn(Input):
    programme = serializers.PrimaryKeyRelatedField(queryset=Programme.objects.all(), allow_null=True)
    horizon = serializers.ChoiceField(Horizon.choices)


class StagePlanIn(Input):
    station = serializers.ChoiceField(Station.choices)
    planned_start = serializers.DateField(required=False, allow_null=True)
    planned_finish = serializers.DateField(required=False, allow_null=True)


class PlanStagesIn(Input):
    stages = StagePlanIn(many=True, allow_empty=False)
