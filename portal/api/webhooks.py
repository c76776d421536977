"""The REST face of webhooks: who is told what, with which answers. For people who may connect systems."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.models import User, WebhookDelivery, WebhookEndpoint
from people.permissions import may_connect
from people.serializers import Input, Output, name_field
from people.viewsets import ReadableViewSet
from people.webhooks import (
    EventType,
    add_webhook,
    pause_webhook,
    ping_webhook,
    replay_delivery,
    resume_webhook,
    rotate_webhook,
)

EVENTS = [choice for choice in EventType.choices if choice[0] != EventType.PING]


class WebhookOut(Output):
    event_types = serializers.ListField(child=serializers.CharField(), help_text=_("Empty: every event."))
    created_by = name_field()

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "url", "event_types", "is_active", "disabled_reason", "created_by", "created_at"]


class WebhookSecretOut(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    url = serializers.CharField(read_only=True)
    secret = serializers.CharField(read_only=True, help_text=_("Shown this once; it signs every message."))


class WebhookIn(Input):
    url = serializers.CharField(
        max_length=500, help_text=_("It must begin with https:// and lead to the open internet.")
    )
    event_types = serializers.ListField(
        child=serializers.ChoiceField(EVENTS),
        default=list,
        help_text=_("Every event, those of later versions too, when empty."),
    )


class DeliveryOut(Output):
    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "endpoint",
            "event_id",
            "event_type",
            "payload",
            "status",
            "tries",
            "response_code",
            "last_error",
            "created_at",
            "last_try_at",
            "next_try_at",
            "delivered_at",
        ]


class _ForConnectors(ReadableViewSet):
    """No client comes in here: with a secret it could read what it is not told."""

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows if may_connect(user) else rows.none()


class WebhookViewSet(_ForConnectors):
    """Addresses that are told about events."""

    queryset = WebhookEndpoint.objects.select_related("created_by").order_by("pk")
    serializer_class = WebhookOut
    filterset_fields = ["is_active"]
    lookup_value_converter = "int"
    inputs = {"create": WebhookIn}
    who_may = dict.fromkeys(("list", "retrieve", "create", "rotate", "pause", "resume", "ping"), may_connect)

    @extend_schema(responses={201: WebhookSecretOut})
    def create(self, request: Request) -> Response:
        """Tell an address from now on. The answer alone has its secret; no key repeats it, for it is not kept."""
        endpoint, secret = add_webhook(**self.accepted(), at=timezone.now(), by=self.person)
        answer = _secret(endpoint, secret, status.HTTP_201_CREATED)
        answer["Location"] = self.reverse_action("detail", kwargs={"pk": endpoint.pk})
        return answer

    @extend_schema(request=None, responses=WebhookSecretOut)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: int) -> Response:
        """Give it a new secret. For a day each message carries the signatures of both."""
        endpoint = self.get_object()
        secret = rotate_webhook(endpoint=endpoint, at=timezone.now(), by=self.person)
        return _secret(endpoint, secret, status.HTTP_200_OK)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        """Tell it nothing more: new events pass it by, those on their way wait."""
        endpoint = self.get_object()
        pause_webhook(endpoint=endpoint, by=self.person)
        return self.answer(endpoint)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        """Tell it again, first what waited for it."""
        endpoint = self.get_object()
        resume_webhook(endpoint=endpoint, at=timezone.now(), by=self.person)
        return self.answer(endpoint)

    @extend_schema(request=None, responses={201: DeliveryOut})
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: int) -> Response:
        """Send one test event to this address alone; its answer stands in the delivery."""
        delivery = ping_webhook(endpoint=self.get_object(), at=timezone.now(), by=self.person)
        return Response(DeliveryOut(delivery).data, status=status.HTTP_201_CREATED)


def _secret(endpoint: WebhookEndpoint, secret: str, code: int) -> Response:
    shown = WebhookSecretOut({"id": endpoint.pk, "url": endpoint.url, "secret": secret})
    return Response(shown.data, status=code, headers={"Cache-Control": "no-store"})


class DeliveryFilter(filters.FilterSet):
    class Meta:
        model = WebhookDelivery
        fields = ["endpoint", "event_id", "event_type", "status"]


class DeliveryViewSet(_ForConnectors):
    """Every event on its way to an address, newest first, with the last answer."""

    queryset = WebhookDelivery.objects.order_by("-pk")
    serializer_class = DeliveryOut
    filterset_class = DeliveryFilter
    lookup_value_converter = "int"
    who_may = dict.fromkeys(("list", "retrieve", "replay"), may_connect)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: int) -> Response:
        """Send it once more, with the same id: by it the receiver knows what he had already."""
        delivery = self.get_object()
        replay_delivery(delivery=delivery, at=timezone.now(), by=self.person)
        return self.answer(delivery)
