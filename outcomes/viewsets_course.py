"""The REST face of the course of projects: move one on by hand, end it with all that is open of it."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.services.course import close_project, move_project
from projects.models import Station
from projects.permissions import may_steer
from projects.serializers import EnterStationIn, ProjectOut
from projects.serializers_plan import EndProjectIn
from projects.viewsets import ProjectViewSet


class ProjectCourseViewSet(ProjectViewSet):
    """Projects on their line, by key."""

    inputs = {**ProjectViewSet.inputs, "enter_station": EnterStationIn, "end": EndProjectIn}
    who_may = {**ProjectViewSet.who_may, "enter_station": may_steer, "end": may_steer}

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"], url_path="enter-station")
    def enter_station(self, request: Request, key: str) -> Response:
        """Move it on to a later station by hand. While a review waits, its decision does that."""
        project, accepted = self.get_object(), self.accepted()
        station = Station(accepted["station"])
        move_project(project=project, station=station, on=accepted["on"], at=timezone.now(), by=self.person)
        return self.answer(project)

    @extend_schema(responses=ProjectOut)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, key: str) -> Response:
        """End it for ever, killed or completed, with its jobs, held money, allocations and open review.

        Of a killed one accruals are reversed and orders cancelled; those of a completed one stay to be invoiced.
        """
        project = self.get_object()
        close_project(project=project, **self.accepted(), at=timezone.now(), by=self.person)
        return self.answer(project)
