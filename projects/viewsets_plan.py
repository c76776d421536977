"""The REST face of demands, programmes and milestones: the same questions and verbs as the pages."""

from typing import Any

from django.db import models
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from people.idempotency import idempotent
from people.models import User
from people.viewsets import ReadableViewSet
from projects.models import Demand, Dependency, Milestone, Portfolio, Programme, Project
from projects.permissions import may_contribute, may_decide_demands, may_plan, may_propose, may_steer, may_write_demand
from projects.serializers_plan import (
    AcceptDemandIn,
    ChangeDemandIn,
    DayIn,
    DecideDemandIn,
    DemandIn,
    DemandOut,
    DependencyIn,
    DependencyOut,
    MilestoneIn,
    MilestoneOut,
    MoveMilestoneIn,
    PortfolioIn,
    PortfolioOut,
    ProgrammeIn,
    ProgrammeOut,
)
from projects.services import (
    accept_demand,
    add_dependency,
    add_milestone,
    change_demand,
    decide_demand,
    move_milestone,
    open_portfolio,
    open_programme,
    propose_demand,
    reach_milestone,
    remove_dependency,
    remove_milestone,
    submit_demand,
)


def demand_planner(user: User, project: Project) -> None:
    """Answer 403 to whoever may not change the plan of this project."""
    if not may_plan(user, project):
        raise PermissionDenied(_("The lead of the project and portfolio managers change its plan. Ask one of them."))


class DemandFilter(filters.FilterSet):
    department = filters.CharFilter("department__code")
    project = filters.CharFilter(method="of_project", label="Key of the project that it became.")
    improves = filters.CharFilter(method="of_project", label="Key of the project that it improves.")

    class Meta:
        model = Demand
        fields = ["status", "horizon", "origin", "reference"]

    def of_project(self, rows: models.QuerySet, name: str, key: str) -> models.QuerySet:
        seen = Project.objects.visible_to(self.request.user).filter(key=key)
        return rows.filter(**{f"{name}__in": seen})


class DemandViewSet(ReadableViewSet):
    """What the business asks for, newest first."""

    queryset = Demand.objects.select_related("department", "proposer", "decided_by")
    serializer_class = DemandOut
    scope = "portfolio"
    filterset_class = DemandFilter
    lookup_value_converter = "int"
    inputs = {"create": DemandIn, "change": ChangeDemandIn, "decide": DecideDemandIn, "accept": AcceptDemandIn}
    for_people = frozenset({"decide", "accept"})
    who_may = {
        "create": may_propose,
        "change": may_contribute,
        "submit": may_contribute,
        "decide": may_decide_demands,
        "accept": may_decide_demands,
    }

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        """A demand is everybody's, but it names only those projects and demands that the reader sees."""
        projects, demands = Project.objects.visible_to(user), Demand.objects.visible_to(user)
        return rows.visible_to(user).prefetch_related(
            models.Prefetch("project", projects),
            models.Prefetch("improves", projects),
            models.Prefetch("merged_into", demands),
        )

    @idempotent()
    def create(self, request: Request) -> Response:
        """Write a demand down as a draft."""
        return self.created(propose_demand(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses=DemandOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: int) -> Response:
        """Change the words of a draft; what has been submitted stays as it was read."""
        return self.answer(change_demand(demand=self._mine(), **self.accepted(), by=self.person))

    @extend_schema(request=None, responses=DemandOut)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: int) -> Response:
        """Submit a draft, or take a demand from the shelf."""
        return self.answer(submit_demand(demand=self._mine(), at=timezone.now(), by=self.person))

    @extend_schema(responses=DemandOut)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Take it under review, accept it as a project that stands, shelve, reject or merge it."""
        accepted = self.accepted()
        return self.answer(decide_demand(demand=self.get_object(), **accepted, at=timezone.now(), by=self.person))

    @extend_schema(responses=DemandOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: int) -> Response:
        """Accept it and open the project that answers it, in one step."""
        demand, accepted = self.get_object(), self.accepted()
        members = tuple(accepted.pop("members", ()))
        accept_demand(demand=demand, **accepted, members=members, at=timezone.now(), by=self.person)
        return self.answer(demand)

    def _mine(self) -> Demand:
        demand: Demand = self.get_object()
        if not may_write_demand(self.person, demand):
            raise PermissionDenied(_("Only whoever proposed a demand changes or submits it."))
        return demand


class PortfolioViewSet(ReadableViewSet):
    """What projects and programmes belong to. Everybody may read their names."""

    queryset = Portfolio.objects.order_by("name")
    serializer_class = PortfolioOut
    scope = "portfolio"
    filterset_fields = ["name"]
    lookup_value_converter = "int"
    inputs = {"create": PortfolioIn}
    who_may = {"create": may_steer}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Open a portfolio."""
        return self.created(open_portfolio(**self.accepted(), by=self.person))


class ProgrammeFilter(filters.FilterSet):
    portfolio = filters.CharFilter("portfolio__name")

    class Meta:
        model = Programme
        fields = ["name"]


class ProgrammeViewSet(ReadableViewSet):
    """Projects of one portfolio that serve one aim. Everybody may read their names."""

    queryset = Programme.objects.select_related("portfolio", "owner").order_by("portfolio__name", "name")
    serializer_class = ProgrammeOut
    scope = "portfolio"
    filterset_class = ProgrammeFilter
    lookup_value_converter = "int"
    inputs = {"create": ProgrammeIn}
    who_may = {"create": may_steer}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Open a programme."""
        return self.created(open_programme(**self.accepted(), by=self.person))


class MilestoneFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    is_ahead = filters.BooleanFilter("actual_on", lookup_expr="isnull")

    class Meta:
        model = Milestone
        fields = ["title"]


class MilestoneViewSet(ReadableViewSet):
    """Days that matter, and what each waits for."""

    queryset = Milestone.objects.select_related("project").prefetch_related(
        Prefetch("waits_for", Dependency.objects.order_by("pk"))
    )
    serializer_class = MilestoneOut
    scope = "portfolio"
    filterset_class = MilestoneFilter
    lookup_value_converter = "int"
    inputs = {"create": MilestoneIn, "move": MoveMilestoneIn, "reach": DayIn}
    who_may = dict.fromkeys(("create", "move", "reach", "destroy"), may_contribute)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Add a milestone; its first day stays as its baseline."""
        accepted = self.accepted()
        demand_planner(self.person, accepted["project"])
        return self.created(add_milestone(**accepted, by=self.person))

    @extend_schema(responses=MilestoneOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: int) -> Response:
        """Plan it for another day."""
        return self.answer(move_milestone(milestone=self._mine(), **self.accepted(), by=self.person))

    @extend_schema(responses=MilestoneOut)
    @action(detail=True, methods=["post"])
    def reach(self, request: Request, pk: int) -> Response:
        """Say that it has been reached."""
        milestone, accepted = self._mine(), self.accepted()
        return self.answer(reach_milestone(milestone=milestone, **accepted, today=timezone.localdate(), by=self.person))

    def destroy(self, request: Request, pk: int) -> Response:
        """Take it out of the plan."""
        remove_milestone(milestone=self._mine(), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _mine(self) -> Milestone:
        milestone: Milestone = self.get_object()
        demand_planner(self.person, milestone.project)
        return milestone


class DependencyViewSet(ReadableViewSet):
    """What waits for what, of the projects whose later milestone the client sees."""

    queryset = Dependency.objects.select_related("successor__project", "predecessor").order_by("pk")
    serializer_class = DependencyOut
    scope = "portfolio"
    filterset_fields = ["predecessor", "successor"]
    lookup_value_converter = "int"
    inputs = {"create": DependencyIn}
    who_may = {"create": may_contribute, "destroy": may_contribute}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(successor__in=Milestone.objects.visible_to(user))

    @idempotent()
    def create(self, request: Request) -> Response:
        """Let a milestone wait for another; a circle is refused with its path."""
        accepted = self.accepted()
        demand_planner(self.person, accepted["successor"].project)
        return self.created(add_dependency(**accepted, by=self.person))

    def destroy(self, request: Request, pk: int) -> Response:
        """Let it no longer wait."""
        dependency = self.get_object()
        demand_planner(self.person, dependency.successor.project)
        remove_dependency(dependency=dependency, by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
