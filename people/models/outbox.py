"""What leaves the product: messages of the outbox, webhooks, and answers kept for who asks twice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.person import User
from people.querysets import OutboxQuerySet, WebhookEndpointQuerySet


class OutboxMessage(models.Model):
    """Something that must leave the database after the transaction that decided it; delivered at least once."""

    topic = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(db_index=True)
    delivered_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["delivered_at", "not_before"])]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class WebhookEndpoint(models.Model):
    """An address that is told about events, signed as Standard Webhooks says. The secret is stored encrypted."""

    url = models.URLField(_("address"), max_length=500)
    event_types = models.JSONField(
        _("events"), default=list, help_text=_("For example gate.decided; an empty list is every event.")
    )
    secret = models.CharField(max_length=500)
    is_active = models.BooleanField(_("active"), default=True)
    disabled_reason = models.CharField(_("why it is off"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created at"))

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event on its way to one address, with every answer it got."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(_("event"))
    event_type = models.CharField(_("type"), max_length=60)
    payload = models.JSONField(_("payload"))
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    response_code = models.PositiveSmallIntegerField(_("last answer"), null=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"))
    last_try_at = models.DateTimeField(_("last try"), null=True)
    next_try_at = models.DateTimeField(_("next try"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_per_event")]

    def __str__(self) -> str:
        return f"{self.event_type} to {self.endpoint}"


class IdempotentRequest(models.Model):
    """The answer to a request with an Idempotency-Key, kept so that the same request takes effect once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    response = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_request_per_key")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
