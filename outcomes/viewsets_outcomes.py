"""The REST face of targets, measurements, benefits, cases, objectives, triage and forecasters."""

from datetime import date
from typing import Any

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.forecasters import forecasters
from outcomes.models import (
    Benefit,
    BenefitPlan,
    BenefitRealisation,
    BusinessCase,
    CashFlow,
    FeedbackTriage,
    KpiTarget,
    Measurement,
    Objective,
)
from outcomes.permissions import (
    may_make_case,
    may_open_objective,
    may_promise_benefit,
    may_read_forecasters,
    may_set_target,
)
from outcomes.progress import objective_progress
from outcomes.serializers import MeasurementOut
from outcomes.serializers_outcomes import (
    BenefitIn,
    BenefitOut,
    BenefitPlanIn,
    CaseIn,
    CaseOut,
    ForecasterOut,
    KeyResultIn,
    KpiTargetIn,
    KpiTargetOut,
    MeasurementsIn,
    ObjectiveIn,
    PortfolioObjectiveOut,
    RealiseIn,
    TriageIn,
    TriageOut,
)
from outcomes.services import (
    add_key_result,
    change_benefit_plan,
    make_case,
    open_objective,
    promise_benefit,
    realise_benefit,
    record_measurements,
    set_target,
    triage_feedback,
)
from people.batches import RecordedOut
from people.idempotency import idempotent
from people.viewsets import ReadableViewSet, VisibleViewSet
from projects.models import Project
from projects.permissions import may_contribute


class KpiTargetFilter(filters.FilterSet):
    project = filters.CharFilter("kpi__project__key")

    class Meta:
        model = KpiTarget
        fields = ["kpi"]


class KpiTargetViewSet(ReadableViewSet):
    """What a KPI should be in a period, and from where on it is amber or red."""

    queryset = KpiTarget.objects.all()
    serializer_class = KpiTargetOut
    scope = "outcomes.measurements"
    filterset_class = KpiTargetFilter
    lookup_value_converter = "int"
    inputs = {"create": KpiTargetIn}
    who_may = {"create": may_set_target}

    @idempotent()
    def create(self, request: Request) -> Response:
        """Set the target of a period; the same first day changes it while the period has not ended."""
        return self.created(set_target(**self.accepted(), at=timezone.now(), by=self.person))


class MeasurementFilter(filters.FilterSet):
    project = filters.CharFilter("kpi__project__key")
    measured_from = filters.IsoDateTimeFilter("measured_at", lookup_expr="gte")
    measured_before = filters.IsoDateTimeFilter("measured_at", lookup_expr="lt")

    class Meta:
        model = Measurement
        fields = ["kpi"]


class MeasurementViewSet(ReadableViewSet):
    """What was measured, of all KPIs, oldest first; for one time the latest record counts."""

    queryset = Measurement.objects.select_related("recorded_by").order_by("measured_at", "recorded_at", "pk")
    serializer_class = MeasurementOut
    scope = "outcomes.measurements"
    filterset_class = MeasurementFilter
    lookup_value_converter = "int"
    inputs = {"create": MeasurementsIn}
    who_may = {"create": may_contribute}

    @extend_schema(responses={201: RecordedOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        """Record up to 5,000 measurements, all or none."""
        rows = record_measurements(**self.accepted(), at=timezone.now(), by=self.person)
        told = RecordedOut({"recorded": len(rows), "ids": [row.pk for row in rows]})
        return Response(told.data, status=status.HTTP_201_CREATED)


class BenefitFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    owner = filters.CharFilter("owner__username")

    class Meta:
        model = Benefit
        fields = ["kind", "currency"]


class BenefitViewSet(ReadableViewSet):
    """What projects promise to bring and what came, month by month."""

    queryset = Benefit.objects.select_related("project", "owner").prefetch_related(
        models.Prefetch("plan", BenefitPlan.objects.select_related("benefit").order_by("month")),
        models.Prefetch(
            "realisations",
            BenefitRealisation.objects.select_related("benefit", "recorded_by").order_by("month", "recorded_at", "pk"),
        ),
    )
    serializer_class = BenefitOut
    scope = "outcomes.benefits"
    filterset_class = BenefitFilter
    lookup_value_converter = "int"
    inputs = {"create": BenefitIn, "plan": BenefitPlanIn, "realise": RealiseIn}
    who_may = {"create": may_promise_benefit, "plan": may_promise_benefit, "realise": may_contribute}

    def of_benefit(self, benefit: Benefit) -> dict[str, Any]:
        """What was sent for this benefit, in its currency."""
        context = {**self.get_serializer_context(), "benefit": benefit}
        given = self.inputs[self.action](data=self.request.data, context=context)
        given.is_valid(raise_exception=True)
        return given.validated_data

    @idempotent()
    def create(self, request: Request) -> Response:
        """Promise a benefit."""
        return self.created(promise_benefit(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses=BenefitOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def plan(self, request: Request, pk: int) -> Response:
        """Plan months anew; those that have been realised keep their promise."""
        benefit = self.get_object()
        change_benefit_plan(benefit=benefit, **self.of_benefit(benefit), by=self.person)
        return self.answer(benefit)

    @extend_schema(responses=BenefitOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def realise(self, request: Request, pk: int) -> Response:
        """Record what a month brought; a shortfall beyond the tolerance opens an improvement demand."""
        benefit = self.get_object()
        realise_benefit(benefit=benefit, **self.of_benefit(benefit), at=timezone.now(), by=self.person)
        return self.answer(benefit)


class CaseFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = BusinessCase
        fields = ["version", "currency"]


class CaseViewSet(ReadableViewSet):
    """Business cases, each version with its cash flows and figures. A figure that is not defined says why."""

    queryset = BusinessCase.objects.select_related("project", "made_by").prefetch_related(
        models.Prefetch("flows", CashFlow.objects.select_related("case").order_by("year"))
    )
    serializer_class = CaseOut
    scope = "outcomes.benefits"
    filterset_class = CaseFilter
    lookup_value_converter = "int"
    inputs = {"create": CaseIn}
    who_may = {"create": may_make_case}

    @idempotent()
    def create(self, request: Request) -> Response:
        """Make the next version of a project's case."""
        return self.created(make_case(**self.accepted(), at=timezone.now(), by=self.person))


class ObjectiveFilter(filters.FilterSet):
    portfolio = filters.CharFilter("portfolio__name")
    running_on = filters.DateFilter(method="of_day", label="Running on that day.")

    class Meta:
        model = Objective
        fields: list[str] = []

    def of_day(self, rows: Any, _name: str, day: Any) -> models.QuerySet:
        return rows.running(day)


class ObjectiveViewSet(VisibleViewSet):
    """What portfolios want to reach, and how far they have come by the newest measurements."""

    queryset = Objective.objects.select_related("portfolio", "owner").order_by("portfolio", "starts_on", "title")
    serializer_class = PortfolioObjectiveOut
    scope = "outcomes.benefits"
    filterset_class = ObjectiveFilter
    lookup_value_converter = "int"
    inputs = {"create": ObjectiveIn, "key_results": KeyResultIn}
    who_may = {"create": may_open_objective, "key_results": may_open_objective}

    @property
    def day(self) -> date:
        """The day at whose end they are told."""
        return timezone.localdate()

    def told(self, rows: Any) -> list[dict[str, Any]]:
        """The objectives with their progress; key results of hidden projects count and are not named."""
        seen = None
        if not self.person.sees_everything:
            seen = set(Project.objects.visible_to(self.person).values_list("pk", flat=True))
        context = {**self.get_serializer_context(), "visible_projects": seen}
        progress = objective_progress(rows, self.day)
        return PortfolioObjectiveOut(progress, many=True, context=context).data  # type: ignore[return-value]

    def answer(self, row: models.Model) -> Response:
        return Response(self.told([self.get_queryset().get(pk=row.pk)])[0])

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.told(page))

    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(self.told([self.get_object()])[0])

    @idempotent()
    def create(self, request: Request) -> Response:
        """Open an objective of a portfolio."""
        return self.created(open_objective(**self.accepted(), by=self.person))

    @extend_schema(responses={201: PortfolioObjectiveOut})
    @action(detail=True, methods=["post"], url_path="key-results")
    @idempotent()
    def key_results(self, request: Request, pk: int) -> Response:
        """Measure the objective by a KPI of its portfolio."""
        objective = self.get_object()
        add_key_result(objective=objective, **self.accepted(), by=self.person)
        return self.created(objective)


class TriageFilter(filters.FilterSet):
    project = filters.CharFilter("feedback__project__key")

    class Meta:
        model = FeedbackTriage
        fields = ["status", "feedback", "demand"]


class TriageViewSet(ReadableViewSet):
    """What became of feedback. A voice without it has not been looked at."""

    queryset = FeedbackTriage.objects.select_related("feedback__project", "by").order_by("-at", "-pk")
    serializer_class = TriageOut
    scope = "portfolio"
    filterset_class = TriageFilter
    lookup_value_converter = "int"
    inputs = {"create": TriageIn}
    who_may = {"create": may_contribute}

    @idempotent()
    def create(self, request: Request) -> Response:
        """Answer one voice; a later answer replaces the earlier."""
        return self.created(triage_feedback(**self.accepted(), at=timezone.now(), by=self.person))


class ForecasterViewSet(mixins.ListModelMixin, VisibleViewSet):
    """How right people's forecasts were. Managers and finance read all, everybody else his own."""

    scope = "outcomes.benefits"
    queryset = Project.objects.order_by("pk")
    serializer_class = ForecasterOut
    filter_backends: list[Any] = []

    @property
    def day(self) -> date:
        """The day by whose end a forecast must have come due."""
        return timezone.localdate()

    @extend_schema(responses=ForecasterOut(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Brier score of stage probabilities and median error of promised benefits, by person."""
        scores = forecasters(self.get_queryset(), self.day)
        if not may_read_forecasters(self.person):
            scores = [each for each in scores if each.user.pk == self.person.pk]
        return self.get_paginated_response(ForecasterOut(self.paginate_queryset(scores), many=True).data)
