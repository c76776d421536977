"""The REST face of forecasts: dry runs, and how right the price tags were."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from engine.recipes import RECIPES
from experiments.models import ModelVersion
from people.models import User
from people.serializers import Input, Output, VisibleKeyField
from people.viewsets import OfNow, VisibleViewSet
from projects.permissions import may_contribute
from trainingjobs.dry_run import read_dry_run, reason_of, state_of
from trainingjobs.forecast_accuracy import accuracy_of, judged_jobs
from trainingjobs.models import StepTiming, TrainingJob
from trainingjobs.services import ask_step_timing
from trainingjobs.viewsets import faults_under


class StepTimingOut(Output):
    """What a dry run measured, and what the whole job would take at that pace."""

    state = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    seconds = serializers.SerializerMethodField()

    class Meta:
        model = StepTiming
        fields = [
            "id",
            "recipe",
            "params",
            "parent",
            "asked_at",
            "measured_at",
            "state",
            "reason",
            "startup_s",
            "step_s",
            "steps",
            "timed_steps",
            "cpu_core_seconds",
            "gib",
            "seconds",
        ]

    @extend_schema_field({"type": "string", "enum": StepTiming.State.values})
    def get_state(self, timing: StepTiming) -> str:
        return state_of(timing, timezone.now()).value

    def get_reason(self, timing: StepTiming) -> str:
        return reason_of(timing, timezone.now())

    @extend_schema_field({"type": ["number", "null"], "description": "What the whole job would take."})
    def get_seconds(self, timing: StepTiming) -> float | None:
        dry_run = read_dry_run(timing)
        return dry_run.seconds if dry_run else None


class StepTimingIn(Input):
    """Settings whose steps are to be timed."""

    recipe = serializers.CharField(max_length=60)
    params = serializers.DictField(required=False, default=dict)
    parent = VisibleKeyField(  # type: ignore[assignment]
        queryset=ModelVersion.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text=_("The model to work on, for recipes that need one."),
    )


class StepTimingViewSet(mixins.RetrieveModelMixin, VisibleViewSet):
    """Dry runs: a worker times a few steps before there is any history. Each person reads his own."""

    queryset = StepTiming.objects.all()
    serializer_class = StepTimingOut
    scope = "jobs"
    filter_backends = ()
    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "head", "options"]
    inputs = {"create": StepTimingIn}
    who_may = {"create": may_contribute}

    def visible(self, rows: Any, user: User) -> QuerySet:
        return rows.filter(asked_by=user)

    def create(self, request: Request) -> Response:
        """Ask for a dry run. It costs nothing; a measurement of the last day is returned as it is."""
        accepted = self.accepted()
        with faults_under("params"):
            timing = ask_step_timing(**accepted, by=self.person)
        response = Response(StepTimingOut(timing).data, status=201)
        response["Location"] = self.reverse_action("detail", kwargs={"pk": timing.pk})
        return response


class RightnessOut(serializers.Serializer):
    ratio = serializers.FloatField(help_text=_("Actual over forecast, at the median."))
    error = serializers.FloatField(help_text=_("Distance of the forecast from the actual, at the median."))
    inside = serializers.FloatField(help_text=_("Share of the jobs that ended inside P10 to P90."))


class AccuracyOut(serializers.Serializer):
    """How right the forecasts of a recipe were."""

    recipe = serializers.CharField()
    jobs = serializers.IntegerField(help_text=_("Finished jobs that were compared."))
    duration = RightnessOut()
    cost = RightnessOut()


class ForecastAccuracyViewSet(OfNow, GenericViewSet):
    """Forecast against actual by recipe, over the finished jobs that the reader may see."""

    serializer_class = AccuracyOut
    scope = "jobs"
    filter_backends = ()
    http_method_names = ["get", "head", "options"]

    @extend_schema(responses=AccuracyOut(many=True))
    def list(self, request: Request) -> Response:
        jobs = TrainingJob.objects.visible_to(cast(User, request.user))
        known = [found for slug in RECIPES if (found := accuracy_of(slug, judged_jobs(slug, jobs)))]
        return self.get_paginated_response(AccuracyOut(self.paginate_queryset(known), many=True).data)
