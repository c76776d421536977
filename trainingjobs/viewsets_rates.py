"""The REST face of rate cards, with what a late one changes about jobs that are charged."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.permissions import may_post, may_publish_rates, may_see_role_rates
from finance.serializers import MinorOut, RateCardIn
from finance.serializers_labour import AdjustedOut, AdjustIn
from finance.viewsets import RateCardViewSet
from trainingjobs.services.late_card import adjust_for_card, card_effect


class CardEffectRowOut(serializers.Serializer):
    period = serializers.CharField(read_only=True)
    is_closed = serializers.BooleanField(
        read_only=True, help_text=_("Nothing moves there; the difference goes into the open period.")
    )
    project = serializers.CharField(read_only=True, source="project_key")
    jobs = serializers.IntegerField(read_only=True, source="entries")
    currency = serializers.CharField(read_only=True)
    posted = MinorOut("posted_minor", "currency")
    due = MinorOut("due_minor", "currency")
    difference = MinorOut("difference_minor", "currency")


class CardEffectOut(serializers.Serializer):
    jobs = serializers.IntegerField(read_only=True, source="entries", help_text=_("Jobs whose cost would change."))
    rows = CardEffectRowOut(many=True, read_only=True)


class PricedRateCardViewSet(RateCardViewSet):
    """Prices of machine time. Everybody may read what a job will cost."""

    inputs = {"create": RateCardIn, "adjust": AdjustIn}
    who_may = {"create": may_publish_rates, "effect": may_see_role_rates, "adjust": may_post}

    @extend_schema(responses=CardEffectOut)
    @action(detail=True, methods=["get"])
    def effect(self, request: Request, pk: int) -> Response:
        """What the card would change about jobs that are charged already, by period and project."""
        return Response(CardEffectOut(card_effect(self.get_object())).data)

    @extend_schema(responses=AdjustedOut)
    @action(detail=True, methods=["post"])
    def adjust(self, request: Request, pk: int) -> Response:
        """Post the differences into an open period, once for each job."""
        posted = adjust_for_card(card=self.get_object(), **self.accepted(), at=timezone.now(), by=self.person)
        return Response(AdjustedOut({"journal_entries": [entry.pk for entry in posted]}).data)
