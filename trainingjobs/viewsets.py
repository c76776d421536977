"""The REST face of recipes and jobs: the same questions and verbs as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from engine.recipe import RecipeError
from engine.recipes import RECIPES, get_recipe
from experiments.series import points_since
from people.viewsets import OfNow, ReadableViewSet
from projects.permissions import may_contribute
from trainingjobs.logs import read_tail
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.price_tag import price_tag
from trainingjobs.serializers import AttemptOut, JobIn, JobOut, LogQuery, PriceIn, RecipeOut, read_since
from trainingjobs.serializers_price import PriceOut
from trainingjobs.serializers_verbs import JobChangeIn
from trainingjobs.services import change_job, submit_job
from trainingjobs.services.submit import judge_job
from trainingjobs.viewsets_verbs import INPUTS, WHO_MAY, JobVerbs

NUMBERS = {"type": "array", "items": {"type": "number"}}
CURVES = {
    "type": "object",
    "required": ["state", "final", "series"],
    "properties": {
        "state": {"type": "string", "enum": JobState.values},
        "final": {"type": "object", "additionalProperties": {"type": "number"}, "description": "Final values by name."},
        "series": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["from", "step", "epoch", "value"],
                "properties": {
                    "from": {"type": "integer", "description": "Index of the first point sent."},
                    "step": NUMBERS,
                    "epoch": NUMBERS,
                    "value": NUMBERS,
                },
            },
        },
    },
}


class PlainText(BaseRenderer):
    """Text as it is."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data.encode()


class RecipeViewSet(OfNow, GenericViewSet):
    """What the portal can run: the same catalogue as the form and the command line."""

    serializer_class = RecipeOut
    filter_backends = ()
    lookup_field = "slug"
    lookup_value_converter = "slug"
    http_method_names = ["get", "head", "options"]

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(list(RECIPES.values()))
        return self.get_paginated_response(RecipeOut(page, many=True).data)

    def retrieve(self, request: Request, slug: str) -> Response:
        try:
            recipe = get_recipe(slug)
        except RecipeError as error:
            raise NotFound(f"{error.message} {error.mend}", code=error.code) from None
        return Response(RecipeOut(recipe).data)


class JobFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    state = filters.MultipleChoiceFilter(choices=JobState.choices)
    submitted_by = filters.CharFilter("submitted_by__username")

    class Meta:
        model = TrainingJob
        fields = ["recipe", "number", "parent", "run", "resource", "priority", "needs_approval", "retry_of"]


@contextmanager
def faults_under(field: str) -> Iterator[None]:
    """The verb names hyper-parameters by their own names; in the body they stand inside `params`."""
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        inside = {
            field if name == NON_FIELD_ERRORS else f"{field}.{name}": each for name, each in error.error_dict.items()
        }
        raise ValidationError(inside) from None


class JobViewSet(JobVerbs, ReadableViewSet):
    """Training and compression jobs, newest first."""

    queryset = (
        TrainingJob.objects.for_list()
        .select_related("reservation")
        .prefetch_related("charge__entries")
        .order_by("-submitted_at", "-number", "pk")
    )
    serializer_class = JobOut
    scope = "jobs"
    filterset_class = JobFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "patch", "head", "options"]
    inputs = {"create": JobIn, "price": PriceIn, "partial_update": JobChangeIn, **INPUTS}
    who_may = {"create": may_contribute, "price": may_contribute, "partial_update": may_contribute, **WHO_MAY}
    for_people = frozenset({"approve", "decline", "act"})

    def create(self, request: Request) -> Response:
        """Submit a job: its settings are judged, its price is reserved on the budget, and it is queued."""
        accepted = self.accepted()
        with faults_under("params"):
            return self.created(submit_job(**accepted, by=self.person))

    @extend_schema(responses=PriceOut)
    @action(detail=False, methods=["post"])
    def price(self, request: Request) -> Response:
        """Price a job without submitting it: duration, cost and energy as P10 to P90, its place, what is left over."""
        asked = self.accepted()
        with faults_under("params"):
            recipe, params = judge_job(**asked, by=self.person)
        tag = price_tag(**{**asked, "recipe": recipe, "params": params}, by=self.person, now=timezone.now())
        return Response(PriceOut(tag).data)

    @extend_schema(operation_id="jobs_change", responses=JobOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a job that never started: it is judged, priced and, where its price needs it, approved anew."""
        job, asked = self.get_object(), self.accepted()
        limit = asked.get("time_limit_s", job.time_limit_s)
        with faults_under("params"):
            params = {**job.params, **asked.get("params", {})}
            return self.answer(change_job(job=job, by=self.person, params=params, time_limit_s=limit))

    @extend_schema(
        parameters=[LogQuery],
        responses={(200, "text/plain"): OpenApiTypes.STR, (200, "application/json"): OpenApiTypes.STR},
        filters=False,
    )
    @action(detail=True, renderer_classes=[PlainText, JSONRenderer], pagination_class=None)
    def logs(self, request: Request, pk: str) -> Response:
        """The end of the log of an attempt."""
        job, query = self.get_object(), LogQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Response(read_tail(job, **query.validated_data))

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "since",
                {"type": "array", "items": {"type": "string", "pattern": "^.+:[0-9]+$"}},
                description="Points the client has, as name:count; without it all points come.",
            )
        ],
        responses={200: CURVES},
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def metrics(self, request: Request, pk: str) -> Response:
        """The curves of the job: whole, or only what is new since the client last asked."""
        job, since = self.get_object(), read_since(request.query_params.getlist("since"))
        series = points_since(job.run, since) if job.run else {}
        return Response({"state": job.state, "final": job.run.metrics if job.run else {}, "series": series})

    @extend_schema(responses=AttemptOut(many=True), filters=False)
    @action(detail=True)
    def attempts(self, request: Request, pk: str) -> Response:
        """Each claim of the job by a worker, and how it ended."""
        rows = self.get_object().attempts.order_by("fence")
        return self.get_paginated_response(AttemptOut(self.paginate_queryset(rows), many=True).data)
