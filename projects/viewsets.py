"""The REST face of projects and feedback: the same questions and verbs as the pages."""

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.viewsets import ReadableViewSet
from projects.models import Feedback, Project, Stage, Station
from projects.permissions import may_contribute, may_open_project
from projects.serializers import EnterStationIn, FeedbackIn, FeedbackOut, ProjectIn, ProjectOut
from projects.services import enter_station, open_project, record_feedback


class ProjectFilter(filters.FilterSet):
    lead = filters.CharFilter("lead__username")
    portfolio = filters.CharFilter("portfolio__name")

    class Meta:
        model = Project
        fields = ["station"]


class ProjectViewSet(ReadableViewSet):
    """Projects on their line, by key."""

    queryset = Project.objects.with_people().prefetch_related(
        "members", Prefetch("stages", Stage.objects.order_by("pk"))
    )
    serializer_class = ProjectOut
    scope = "portfolio"
    filterset_class = ProjectFilter
    lookup_field = "key"
    inputs = {"create": ProjectIn, "enter_station": EnterStationIn}
    who_may = {"create": may_open_project, "enter_station": may_contribute}

    def create(self, request: Request) -> Response:
        """Open a project at its first station."""
        accepted = self.accepted()
        members = tuple(accepted.pop("members", ()))
        return self.created(open_project(**accepted, members=members, by=self.person))

    @action(detail=True, methods=["post"], url_path="enter-station")
    def enter_station(self, request: Request, key: str) -> Response:
        """Move the project on to a later station."""
        project, accepted = self.get_object(), self.accepted()
        enter_station(project=project, station=Station(accepted["station"]), on=accepted["on"], by=self.person)
        return self.answer(project)


class FeedbackFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Feedback
        fields = ["score"]


class FeedbackViewSet(ReadableViewSet):
    """What people outside the team say about a result."""

    queryset = Feedback.objects.select_related("project", "recorded_by")
    serializer_class = FeedbackOut
    scope = "portfolio"
    filterset_class = FeedbackFilter
    lookup_value_converter = "int"
    inputs = {"create": FeedbackIn}
    who_may = {"create": may_contribute}

    def create(self, request: Request) -> Response:
        """Record feedback on a project."""
        return self.created(record_feedback(**self.accepted(), by=self.person))
