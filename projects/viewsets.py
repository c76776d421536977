"""The REST face of projects and feedback: the same questions and verbs as the pages."""

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.idempotency import idempotent
from people.viewsets import ReadableViewSet
from projects.models import Feedback, Project, Stage, Station
from projects.permissions import may_contribute, may_open_project, may_steer
from projects.serializers import ChangeProjectIn, FeedbackIn, FeedbackOut, ProjectIn, ProjectOut
from projects.serializers_plan import DayIn, PlaceProjectIn, PlanStagesIn
from projects.services import (
    change_project,
    hold_project,
    open_project,
    place_project,
    plan_stages,
    record_feedback,
    resume_project,
)
from projects.viewsets_plan import demand_planner


class ProjectFilter(filters.FilterSet):
    lead = filters.CharFilter("lead__username")
    portfolio = filters.CharFilter("portfolio__name")
    programme = filters.CharFilter("programme__name")

    class Meta:
        model = Project
        fields = ["station", "status", "horizon"]


class ProjectViewSet(ReadableViewSet):
    """Projects on their line, by key. How they move and end is the face of `outcomes`, which knows their gates."""

    queryset = Project.objects.with_people().prefetch_related(
        "members", Prefetch("stages", Stage.objects.order_by("pk"))
    )
    serializer_class = ProjectOut
    scope = "portfolio"
    filterset_class = ProjectFilter
    lookup_field = "key"
    inputs = {
        "create": ProjectIn,
        "change": ChangeProjectIn,
        "plan": PlanStagesIn,
        "place": PlaceProjectIn,
        "hold": DayIn,
        "resume": DayIn,
    }
    who_may = {
        "create": may_open_project,
        "change": may_contribute,
        "plan": may_contribute,
        **dict.fromkeys(("place", "hold", "resume"), may_steer),
    }

    @idempotent()
    def create(self, request: Request) -> Response:
        """Open a project at its first station."""
        accepted = self.accepted()
        members = tuple(accepted.pop("members", ()))
        return self.created(open_project(**accepted, members=members, by=self.person))

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, key: str) -> Response:
        """Correct what the project says of itself, and who works on it. What is left out stays."""
        project = self.get_object()
        demand_planner(self.person, project)
        return self.answer(change_project(project=project, **self.accepted(), by=self.person))

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def plan(self, request: Request, key: str) -> Response:
        """Plan stages. Dates that are left out stay; null takes one away."""
        project, stages = self.get_object(), self.accepted()["stages"]
        demand_planner(self.person, project)
        columns = {
            name: {Station(stage["station"]): stage[column] for stage in stages if column in stage}
            for name, column in (("starts", "planned_start"), ("finishes", "planned_finish"))
        }
        plan_stages(project=project, **columns, by=self.person)
        return self.answer(project)

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def place(self, request: Request, key: str) -> Response:
        """Say to which programme it belongs and how far from today's business it is."""
        return self.answer(place_project(project=self.get_object(), **self.accepted(), by=self.person))

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, key: str) -> Response:
        """Let it rest; it may be resumed."""
        return self.answer(hold_project(project=self.get_object(), **self.accepted(), by=self.person))

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, key: str) -> Response:
        """Go on with a project that rests."""
        return self.answer(resume_project(project=self.get_object(), **self.accepted(), by=self.person))


class FeedbackFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Feedback
        fields = ["score", "model_version", "request_id"]


class FeedbackViewSet(ReadableViewSet):
    """What people outside the team say about a result."""

    queryset = Feedback.objects.select_related("project", "recorded_by")
    serializer_class = FeedbackOut
    scope = "portfolio"
    filterset_class = FeedbackFilter
    lookup_value_converter = "int"
    inputs = {"create": FeedbackIn}
    who_may = {"create": may_contribute}

    @idempotent()
    def create(self, request: Request) -> Response:
        """Record feedback on a project."""
        return self.created(record_feedback(**self.accepted(), by=self.person))
