"""The REST face of every explanation: what the dialog of a page says about a figure."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.explain import Explanation, Fact
from people.viewsets import VisibleViewSet
from portal.api.as_of import AS_OF, day_of, demand_shown
from portal.views.explaining import explanation_at
from projects.models import Project

OF = OpenApiParameter(
    "of",
    str,
    required=True,
    description="The address behind the figure of a page, for example `/explain/portfolio/value/` or "
    "`/explain/money/spent/?portfolio=1`; its filters and its `as_of` count.",
)


class TermOut(serializers.Serializer):
    sign = serializers.CharField(help_text="Empty, or + − × ÷ =.")
    label = serializers.CharField()  # type: ignore[assignment]
    source = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.CharField(help_text="As the page writes it.")


class FactOut(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField()
    url = serializers.CharField(help_text="The page that shows it; empty where none does.")
    of = serializers.CharField(help_text="Where the next explanation is asked for; empty where the page is none.")


class ExplanationOut(serializers.Serializer):
    """A sum whose last term is the figure, the facts under it, and one note."""

    on = serializers.DateField(help_text="The day that is told.")
    title = serializers.CharField()
    subtitle = serializers.CharField()
    terms = TermOut(many=True)
    facts = FactOut(many=True)
    note = serializers.CharField()
    is_hypothesis = serializers.BooleanField(help_text="Whether finance has not signed its formula.")


class ExplanationViewSet(VisibleViewSet):
    """Why a figure is what it is: formula, rows, day, and where it goes on. For people alone."""

    queryset = Project.objects.none()
    serializer_class = ExplanationOut
    filterset_class = None
    past = {"read": "explanations/"}

    @extend_schema(parameters=[OF, AS_OF], responses=ExplanationOut)
    def read(self, request: Request) -> Response:
        """The explanation of one figure, as its page gives it; what you may not see is not there."""
        address = request.query_params.get("of", "")
        if not address:
            text = _("Name the figure by the address that its page links to, for example %(example)s.")
            raise serializers.ValidationError({"of": text % {"example": "/explain/portfolio/value/"}}, code="required")
        asked = day_of(request)
        ask, answer = explanation_at(_with_day(address, asked.typed), self.person)
        demand_shown(ask.asked)
        return Response(ExplanationOut(_told(answer()) | {"on": ask.day}).data)


def _with_day(address: str, day: str) -> str:
    """The same day for the figure, where the request names one beside it."""
    return f"{address}{'&' if '?' in address else '?'}as_of={day}" if day else address


def _told(explanation: Explanation) -> dict[str, Any]:
    return {
        "title": explanation.title,
        "subtitle": explanation.subtitle,
        "terms": explanation.terms,
        "facts": [_fact(fact) for fact in explanation.facts],
        "note": explanation.note,
        "is_hypothesis": explanation.is_hypothesis,
    }


def _fact(fact: Fact) -> dict[str, str]:
    url = str(fact.url)
    return {"label": fact.label, "text": fact.text, "url": url, "of": url if url.startswith("/explain/") else ""}
