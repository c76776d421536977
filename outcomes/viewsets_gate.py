"""The REST face of gates: the same questions and verbs as the gate room."""

from typing import Any

from django.db import models
from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.models import Gate, GateCondition, GateDecision, GateReview
from outcomes.permissions import may_ask_review, may_decide_gate, may_define_gate
from outcomes.serializers_gate import (
    AnswerIn,
    ConditionOut,
    DecideIn,
    DecisionOut,
    FulfilIn,
    GateIn,
    GateOut,
    ReadingOut,
    ReviewIn,
    ReviewOut,
)
from outcomes.services.condition import fulfil_condition
from outcomes.services.gate import answer_check, ask_review, define_gate, read_evidence, withdraw_review
from outcomes.services.gate_decision import decide_gate
from people.idempotency import idempotent
from people.models import User
from people.viewsets import ReadableViewSet
from projects.permissions import may_contribute


class GateViewSet(ReadableViewSet):
    """What must be shown before each station, by horizon. Everybody may read what he will be asked."""

    scope = "portfolio"
    queryset = Gate.objects.prefetch_related("criteria")
    serializer_class = GateOut
    filterset_fields = ["horizon", "station"]
    lookup_value_converter = "int"
    inputs = {"create": GateIn}
    who_may = {"create": may_define_gate}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Set the question and the criteria of a gate; those it had are replaced. Not while a review waits."""
        return self.created(define_gate(**self.accepted(), by=self.person))


class ReviewFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")
    open = filters.BooleanFilter(method="only_open", label="Neither decided nor withdrawn.")

    class Meta:
        model = GateReview
        fields = ["gate"]

    def only_open(self, rows: Any, name: str, value: bool) -> models.QuerySet:
        return rows.open() if value else rows.exclude(pk__in=rows.open().values("pk"))


class ReviewViewSet(ReadableViewSet):
    """Projects before a gate. The evidence is live until it is decided."""

    scope = "portfolio"
    queryset = GateReview.objects.select_related("project", "gate", "asked_by", "decision")
    serializer_class = ReviewOut
    filterset_class = ReviewFilter
    lookup_value_converter = "int"
    inputs = {"create": ReviewIn, "answer_check": AnswerIn, "decide": DecideIn}
    for_people = frozenset({"decide"})
    who_may = {
        "create": may_ask_review,
        "answer_check": may_ask_review,
        "withdraw": may_ask_review,
        "decide": may_decide_gate,
    }

    @idempotent()
    def create(self, request: Request) -> Response:
        """Ask for a decision at the project's next gate."""
        return self.created(ask_review(**self.accepted(), at=timezone.now(), by=self.person))

    @extend_schema(responses=ReadingOut(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def readings(self, request: Request, pk: int) -> Response:
        """What the criteria read at this moment."""
        return Response(ReadingOut(read_evidence(self.get_object(), timezone.now()), many=True).data)

    @extend_schema(responses=ReviewOut)
    @action(detail=True, methods=["post"], url_path="answer")
    def answer_check(self, request: Request, pk: int) -> Response:
        """Answer one point of the check list; the last answer counts."""
        review = self.get_object()
        answer_check(review=review, **self.accepted(), at=timezone.now(), by=self.person)
        return self.answer(review)

    @extend_schema(request=None, responses=ReviewOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take a review back before it is decided."""
        review = self.get_object()
        withdraw_review(review=review, at=timezone.now(), by=self.person)
        return self.answer(review)

    @extend_schema(responses=DecisionOut)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Decide on the evidence as it reads now; it is frozen and signed, and the outcome takes effect."""
        review = self.get_object()
        decision = decide_gate(review=review, **self.accepted(), at=timezone.now(), by=self.person)
        return Response(DecisionOut(decision).data)


OF_CONDITION = ("decision__review__project", "owner", "fulfilment__by")


class DecisionFilter(filters.FilterSet):
    project = filters.CharFilter("review__project__key")

    class Meta:
        model = GateDecision
        fields = ["outcome"]


class DecisionViewSet(ReadableViewSet):
    """What was decided, on which evidence, and by whom. Digest and signature can be worked out again from here."""

    scope = "portfolio"
    queryset = GateDecision.objects.select_related(
        "review__project", "review__gate", "snapshot", "decided_by"
    ).prefetch_related(Prefetch("terms", GateCondition.objects.select_related(*OF_CONDITION)))
    serializer_class = DecisionOut
    filterset_class = DecisionFilter
    lookup_value_converter = "int"


class ConditionFilter(filters.FilterSet):
    project = filters.CharFilter("decision__review__project__key")
    owner = filters.CharFilter("owner__username")
    open = filters.BooleanFilter(method="only_open", label="Not fulfilled yet, in projects that go on.")
    due_before = filters.DateFilter("due_on", lookup_expr="lt")

    class Meta:
        model = GateCondition
        fields = ["decision"]

    def only_open(self, rows: Any, name: str, value: bool) -> models.QuerySet:
        return rows.open() if value else rows.exclude(pk__in=rows.open().values("pk"))


class ConditionViewSet(ReadableViewSet):
    """What goes with conditions asked for, the soonest due first, and how it was fulfilled."""

    scope = "portfolio"
    queryset = GateCondition.objects.select_related(*OF_CONDITION)
    serializer_class = ConditionOut
    filterset_class = ConditionFilter
    lookup_value_converter = "int"
    inputs = {"fulfil": FulfilIn}
    for_people = frozenset({"fulfil"})
    who_may = {"fulfil": may_contribute}

    @extend_schema(responses=ConditionOut)
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, pk: int) -> Response:
        """Say that it is fulfilled: for who sees to it, or a manager. It cannot be taken back."""
        condition = self.get_object()
        fulfil_condition(condition=condition, **self.accepted(), at=timezone.now(), by=self.person)
        return self.answer(condition)
