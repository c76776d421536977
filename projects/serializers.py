"""The REST face of projects and feedback: what is read and what is sent."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from people.models import Department
from people.serializers import Input, Output, UtcField, VisibleKeyField, VisibleSlugField, name_field, person_field
from projects.models import Feedback, Horizon, Portfolio, Programme, Project, Stage, Station, models_to_name


def project_field(**options: Any) -> VisibleSlugField:
    """A project the client may see, by its key."""
    return VisibleSlugField(slug_field="key", queryset=Project.objects.all(), **options)


class ProjectStageOut(Output):
    class Meta:
        model = Stage
        fields = [
            "id",
            "station",
            "planned_start",
            "planned_finish",
            "forecast_start",
            "forecast_finish",
            "actual_start",
            "actual_finish",
            "p_success_percent",
        ]


class ProjectOut(Output):
    portfolio = name_field("name")
    sponsor = name_field("code")
    programme = name_field("name", allow_null=True)
    lead = name_field()
    members: serializers.Field = serializers.SlugRelatedField(slug_field="username", many=True, read_only=True)
    stages = ProjectStageOut(many=True)

    class Meta:
        model = Project
        fields = [
            "id",
            "key",
            "title",
            "summary",
            "demand",
            "portfolio",
            "programme",
            "horizon",
            "status",
            "ended_on",
            "sponsor",
            "lead",
            "members",
            "station",
            "stages",
            "started_on",
            "due_on",
        ]


class ProjectIn(Input):
    key = serializers.CharField(max_length=8, help_text=_("Two to eight capital letters or digits, for example TRI."))
    title = serializers.CharField(max_length=160)
    summary = serializers.CharField(max_length=240, required=False, allow_blank=True)
    demand = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    portfolio = VisibleSlugField(slug_field="name", queryset=Portfolio.objects.all())
    sponsor = VisibleSlugField(
        slug_field="code", queryset=Department.objects.all(), help_text=_("Code of the department.")
    )
    lead = person_field()
    members = serializers.ListField(child=person_field(), required=False, max_length=200)
    started_on = serializers.DateField()
    due_on = serializers.DateField(required=False, allow_null=True)
    programme = serializers.PrimaryKeyRelatedField(queryset=Programme.objects.all(), required=False, allow_null=True)
    horizon = serializers.ChoiceField(Horizon.choices, required=False)


class ChangeProjectIn(Input):
    title = serializers.CharField(max_length=160, required=False)
    summary = serializers.CharField(max_length=240, required=False, allow_blank=True)
    demand = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    sponsor = VisibleSlugField(
        slug_field="code", queryset=Department.objects.all(), required=False, help_text=_("Code of the department.")
    )
    lead = person_field(required=False)
    members = serializers.ListField(
        child=person_field(),
        required=False,
        max_length=200,
        help_text=_("The whole team; who is not named leaves it. The lead always belongs to it."),
    )
    due_on = serializers.DateField(required=False, allow_null=True)


class EnterStationIn(Input):
    station = serializers.ChoiceField(Station.choices)
    on = serializers.DateField(default=timezone.localdate, help_text=_("Today when left out."))


class FeedbackOut(Output):
    project = name_field("key")
    recorded_by = name_field()

    class Meta:
        model = Feedback
        fields = [
            "id",
            "project",
            "score",
            "text",
            "source",
            "received_at",
            "model_version",
            "request_id",
            "recorded_by",
        ]


class FeedbackIn(Input):
    project = project_field()
    score = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=2000)
    source = serializers.CharField(max_length=120, help_text=_("Name and desk of who said it."))  # type: ignore[assignment]
    received_at = UtcField(default=timezone.now, help_text=_("Now when left out."))
    model_version = VisibleKeyField(
        queryset=models_to_name(),
        pk_field=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text=_("A model of the project."),
    )
    request_id = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text=_("The id of a call of the deployed model, as the system that serves it names it."),
    )
