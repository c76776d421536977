"""The REST face of the boards about outcomes: benefits, feedback, objectives and forecasters, as of any day."""

from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.models import Benefit, FeedbackTriage
from outcomes.querysets import day_ends
from outcomes.serializers_outcomes import ForecasterOut, PortfolioObjectiveOut
from outcomes.then import give_answers_then
from outcomes.viewsets_outcomes import ForecasterViewSet, ObjectiveViewSet
from people.viewsets import VisibleViewSet
from portal.api.as_of import AS_OF, day_of
from portal.api.boards import STATES, plain, text_of
from portal.boards.benefits import (
    BenefitRow,
    ByMonth,
    by_month,
    filtered,
    known,
    open_shortfalls,
    ordered,
    rows_of,
    sentence_of,
    sums_of,
    unreported,
    with_sums,
)
from portal.boards.feedback import OPEN, FeedbackFacts, feedback_facts
from portal.boards.feedback import filtered as voices_filtered
from portal.boards.feedback import known as voices_known
from portal.boards.feedback import ordered as voices_ordered
from portal.boards.feedback import sentence_of as feedback_sentence
from projects.models import Feedback

ON_A_PAGE = 50
PAGE = OpenApiParameter("page", int, description="Of the list, 50 rows each; the first when left out.")


def of_page(name: str, kind: Any = str, about: str = "As on the page.") -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=about)


class PagedOut(serializers.Serializer):
    on = serializers.DateField(help_text="The day that is told: today, or the past day that was asked for.")
    headline = serializers.CharField(help_text="The sentence above the board.")
    count = serializers.IntegerField(help_text="Rows in all.")
    page = serializers.IntegerField()
    pages = serializers.IntegerField()


def _paged(page: Page) -> dict[str, int]:
    return {"count": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages}


class BenefitSumsOut(serializers.Serializer):
    currency = serializers.CharField()
    promised = serializers.CharField()
    realised = serializers.CharField()
    share = serializers.CharField(allow_null=True, help_text="Realised over promised; null where nothing was promised.")


class BenefitMonthOut(serializers.Serializer):
    month = serializers.DateField(help_text="Its first day.")
    promised = serializers.CharField(allow_null=True)
    realised = serializers.CharField(allow_null=True, help_text="The share owed to the projects.")


class BenefitOnBoardOut(BenefitSumsOut):
    benefit = serializers.IntegerField()
    name = serializers.CharField()
    project = serializers.CharField()
    owner = serializers.CharField(help_text="User name.")
    kind = serializers.ChoiceField(Benefit.Kind.choices)
    state = serializers.ChoiceField(list(STATES.values()))
    word = serializers.CharField(help_text="How it stands against its promise.")
    demand = serializers.IntegerField(allow_null=True, help_text="The improvement demand that its shortfall opened.")


class BenefitBoardOut(PagedOut):
    """What was promised to date and what came of it."""

    until = serializers.DateField(help_text="The first month that is not over; sums and rows count those before it.")
    sums = BenefitSumsOut(many=True, help_text="By currency.")
    months = BenefitMonthOut(many=True, help_text="Of the first currency.")
    unreported = serializers.IntegerField(help_text="Promised months that are over and that nobody reported.")
    shortfalls = serializers.IntegerField(help_text="Demands that a shortfall opened and nobody has decided.")
    benefits = BenefitOnBoardOut(many=True)


class BenefitBoardViewSet(VisibleViewSet):
    """The board of benefits: the same sums, months and rows as its page."""

    queryset = Benefit.objects.all()
    serializer_class = BenefitBoardOut
    filterset_class = None
    scope = "outcomes.benefits"
    past = {"read": "benefits-board/"}

    @extend_schema(
        parameters=[
            AS_OF,
            PAGE,
            *map(of_page, ("q", "project", "kind", "sort")),
            of_page("portfolio", int, "Number of a portfolio."),
        ],
        responses=BenefitBoardOut,
    )
    def read(self, request: Request) -> Response:
        """Promised, realised and share to date; of now or as known at the end of a past day."""
        asked = day_of(request)
        on, until = asked.on, (asked.on or asked.today).replace(day=1)
        found = filtered(known(self.get_queryset(), on), request.query_params)
        listed = ordered(with_sums(found, until, on), request.query_params.get("sort", "-promised"))
        page = Paginator(listed.select_related("project", "owner"), ON_A_PAGE).get_page(
            request.query_params.get("page")
        )
        sums, shortfalls = sums_of(found, until, on), open_shortfalls(found, self.person, on)
        silent = unreported(found, until, on)
        told = {
            "on": on or asked.today,
            "headline": sentence_of(sums, silent, shortfalls, until),
            "until": until,
            "sums": [_sums(each.currency, each) for each in sums],
            "months": _months(by_month(found, sums[0].currency, until, on)) if sums else [],
            "unreported": silent,
            "shortfalls": shortfalls,
            "benefits": [_benefit(row) for row in rows_of(list(page.object_list), self.person, until, on)],
            **_paged(page),
        }
        return Response(BenefitBoardOut(told).data)


def _sums(currency: str, sums: Any) -> dict[str, Any]:
    return {
        "currency": currency,
        "promised": text_of(sums.promised_minor, currency),
        "realised": text_of(sums.realised_minor, currency),
        "share": None if sums.share is None else f"{sums.share:.4f}",
    }


def _months(facts: ByMonth) -> list[dict[str, Any]]:
    promised, realised = dict(facts.promised), dict(facts.realised)
    text = lambda minor: None if minor is None else text_of(minor, facts.currency)  # noqa: E731
    return [
        {"month": month, "promised": text(promised.get(month)), "realised": text(realised.get(month))}
        for month in sorted(promised.keys() | realised.keys())
    ]


def _benefit(row: BenefitRow) -> dict[str, Any]:
    benefit, (word, tone, _symbol) = row.benefit, row.state
    return {
        "benefit": benefit.pk,
        "name": benefit.name,
        "project": benefit.project.key,
        "owner": benefit.owner.username,
        "kind": benefit.kind,
        **_sums(benefit.currency, row),
        "state": STATES[tone],
        "word": word,
        "demand": row.demand.pk if row.demand else None,
    }


class MeanOut(serializers.Serializer):
    until = serializers.DateTimeField(help_text="The end of the 90 days.")
    mean = serializers.FloatField(allow_null=True)
    voices = serializers.IntegerField()


class VoiceOut(serializers.Serializer):
    feedback = serializers.IntegerField()
    project = serializers.CharField()
    score = serializers.IntegerField()
    text = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    received_at = serializers.DateTimeField()
    status = serializers.ChoiceField(
        [*FeedbackTriage.Status.values, OPEN], help_text="What became of it; open: nobody has answered."
    )
    answered_at = serializers.DateTimeField(allow_null=True)


class FeedbackBoardOut(PagedOut):
    """How content people are, and the voices, those without an answer first."""

    voices = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    means = MeanOut(many=True, help_text="Of the 90 days before each month and before the day that is told.")
    feedback = VoiceOut(many=True)


class FeedbackBoardViewSet(VisibleViewSet):
    """The board of feedback: the same mean, counts and voices as its page."""

    queryset = Feedback.objects.all()
    serializer_class = FeedbackBoardOut
    filterset_class = None
    scope = "portfolio"
    past = {"read": "feedback-board/"}

    @extend_schema(
        parameters=[
            AS_OF,
            PAGE,
            *map(of_page, ("q", "project", "model_version", "status")),
            of_page("score", int),
        ],
        responses=FeedbackBoardOut,
    )
    def read(self, request: Request) -> Response:
        """The mean score over time and the voices; of now or as known at the end of a past day."""
        asked, now = day_of(request), timezone.now()
        found = voices_filtered(voices_known(self.get_queryset(), asked.on), request.query_params)
        facts = feedback_facts(found, asked.moment(now))
        page = Paginator(voices_ordered(found), ON_A_PAGE).get_page(request.query_params.get("page"))
        voices = list(page.object_list)
        if asked.on:
            give_answers_then(voices, day_ends(asked.on))
        told = {
            "on": asked.on or asked.today,
            "headline": plain(feedback_sentence(facts, "")),
            "voices": facts.voices,
            "unanswered": facts.unanswered,
            "means": _means(facts),
            "feedback": [_voice(voice) for voice in voices],
            **_paged(page),
        }
        return Response(FeedbackBoardOut(told).data)


def _means(facts: FeedbackFacts) -> list[dict[str, Any]]:
    return [{"until": point.at, "mean": point.mean, "voices": point.voices} for point in facts.points]


def _voice(voice: Feedback) -> dict[str, Any]:
    triage = getattr(voice, "triage", None)
    return {
        "feedback": voice.pk,
        "project": voice.project.key,
        "score": voice.score,
        "text": voice.text,
        "source": voice.source,
        "received_at": voice.received_at,
        "status": triage.status if triage else OPEN,
        "answered_at": triage.at if triage else None,
    }


class ObjectivesOfDayViewSet(ObjectiveViewSet):
    """Objectives with their key results, as known on a day."""

    past = {"list": "objectives/", "retrieve": "objectives/{id}/"}

    @property
    def day(self) -> date:
        asked = day_of(self.request)
        return asked.on or asked.today

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.known_on(self.day) if "as_of" in self.request.query_params else rows

    @extend_schema(parameters=[AS_OF], responses=PortfolioObjectiveOut(many=True))
    def list(self, request: Request) -> Response:
        """What portfolios want to reach and how far they have come; of now or of the end of a past day."""
        return super().list(request)

    @extend_schema(parameters=[AS_OF], responses=PortfolioObjectiveOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One objective with its key results; of now or of the end of a past day."""
        return super().retrieve(request, pk)


class ForecastersOfDayViewSet(ForecasterViewSet):
    """How right people's forecasts were, as known on a day."""

    past = {"list": "forecaster-scores/"}

    @property
    def day(self) -> date:
        asked = day_of(self.request)
        return asked.on or asked.today

    @extend_schema(parameters=[AS_OF], responses=ForecasterOut(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Brier score and median error by person; of now or of what had come true by a past day."""
        return super().list(request)
