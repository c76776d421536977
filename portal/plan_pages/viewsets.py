"""The REST face of stages and risks: the same verbs as the plan page."""

from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import Budget
from finance.money import to_minor
from people.idempotency import idempotent
from people.viewsets import ReadableViewSet
from portal.plan_pages.serializers import AssessStageIn, ChangeRiskIn, ForecastStageIn, RiskIn, RiskOut, StageOut
from projects.models import Risk, Stage
from projects.permissions import may_contribute
from projects.serializers_plan import DayIn
from projects.services import add_risk, assess_stage, change_risk, close_risk, set_forecast
from projects.viewsets_plan import demand_planner

NEWEST_CURRENCY = (
    Budget.objects.filter(project=OuterRef("project")).order_by("-approved_on", "-pk").values("currency")[:1]
)


class StageFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Stage
        fields = ["station"]


class StageViewSet(ReadableViewSet):
    """The six stages of each project: planned, expected by somebody, actual, probability and cost."""

    queryset = (
        Stage.objects.select_related("project")
        .annotate(currency=Coalesce(Subquery(NEWEST_CURRENCY), Value(settings.CURRENCY)))
        .order_by("project__key", "pk")
    )
    serializer_class = StageOut
    scope = "portfolio"
    filterset_class = StageFilter
    lookup_value_converter = "int"
    inputs = {"forecast": ForecastStageIn, "assess": AssessStageIn}
    who_may = {"forecast": may_contribute, "assess": may_contribute}

    @extend_schema(responses=StageOut)
    @action(detail=True, methods=["post"])
    def forecast(self, request: Request, pk: int) -> Response:
        """Say when it is expected, or hand that back to the computation."""
        stage = self._mine()
        return self.answer(set_forecast(stage=stage, **self.accepted(), by=self.person))

    @extend_schema(responses=StageOut)
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, pk: int) -> Response:
        """Say how likely it succeeds and what it costs."""
        stage: Any = self._mine()
        accepted = self.accepted()
        cost = accepted.pop("cost")
        cost_minor = None if cost is None else to_minor(cost, stage.currency)
        return self.answer(assess_stage(stage=stage, cost_minor=cost_minor, **accepted, by=self.person))

    def _mine(self) -> Stage:
        stage: Stage = self.get_object()
        demand_planner(self.person, stage.project)
        return stage


class RiskFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    is_open = filters.BooleanFilter("closed_on", lookup_expr="isnull")

    class Meta:
        model = Risk
        fields = ["response"]


class RiskViewSet(ReadableViewSet):
    """What may happen, how likely it is, and what it would cost."""

    queryset = Risk.objects.select_related("project", "owner").order_by("project__key", "-probability_percent", "pk")
    serializer_class = RiskOut
    scope = "portfolio"
    filterset_class = RiskFilter
    lookup_value_converter = "int"
    inputs = {"create": RiskIn, "change": ChangeRiskIn, "close": DayIn}
    who_may = dict.fromkeys(inputs, may_contribute)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Write a risk down."""
        accepted = self.accepted()
        demand_planner(self.person, accepted["project"])
        return self.created(add_risk(**accepted, by=self.person))

    @extend_schema(responses=RiskOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: int) -> Response:
        """Weigh it anew, or say differently what is done about it. What is left out stays."""
        risk, words = self.get_object(), self.accepted()
        demand_planner(self.person, risk.project)
        if "impact" in words:
            words["impact_minor"] = to_minor(words.pop("impact"), risk.currency)
        return self.answer(change_risk(risk=risk, **words, by=self.person))

    @extend_schema(responses=RiskOut)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: int) -> Response:
        """The risk is over."""
        risk = self.get_object()
        demand_planner(self.person, risk.project)
        return self.answer(close_risk(risk=risk, **self.accepted(), by=self.person))
