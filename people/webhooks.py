"""Tell other systems what happened: events for webhook endpoints, and the verbs on the endpoints themselves."""

import json
import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import outbox
from people.models import User, WebhookDelivery, WebhookEndpoint
from people.safe_address import demand_public
from people.sealed import seal, unseal
from people.services import record_audit

OLD_SECRET_COUNTS = timedelta(hours=24)
MOST_BYTES = 20_000  # a thin payload: who wants more reads the subject by REST


class EventType(models.TextChoices):
    """What others may be told about."""

    JOB_ENDED = "job.ended", gettext_lazy("A job ended")
    BUDGET_APPROVED = "budget.version_approved", gettext_lazy("A budget version was approved")
    LINE_CROSSED = "budget.line_crossed", gettext_lazy("A budget line was used up")
    GATE_DECIDED = "gate.decided", gettext_lazy("A gate was decided")
    PING = "webhook.ping", gettext_lazy("A test of the webhook itself")


@transaction.atomic
def announce(*, event_type: str, subject: models.Model, data: Mapping[str, Any], at: datetime) -> int:
    """Tell every endpoint that listens, once the transaction of the verb that calls it has ended; how many that are."""
    kind = EventType(event_type)
    listening = [
        endpoint
        for endpoint in WebhookEndpoint.objects.filter(is_active=True)
        if not endpoint.event_types or kind.value in endpoint.event_types
    ]
    if listening:
        event_id = uuid.uuid4()
        payload = _event(event_id, kind, subject, data, at)
        for endpoint in listening:
            _start(endpoint, event_id, kind, payload, at)
    return len(listening)


def _event(event_id: uuid.UUID, kind: EventType, subject: models.Model, data: Mapping[str, Any], at: datetime) -> Any:
    """The event as CloudEvents names its attributes."""
    plain = json.loads(json.dumps(data, cls=DjangoJSONEncoder))
    event = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": settings.BASE_URL,
        "type": kind.value,
        "subject": f"{subject._meta.label_lower}/{subject.pk}",
        "time": at.isoformat(),
        "data": plain,
    }
    return event if len(json.dumps(event)) < MOST_BYTES else {**event, "data": {}}


def _start(endpoint: WebhookEndpoint, event_id: uuid.UUID, kind: EventType, payload: Any, at: datetime) -> Any:
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event_id=event_id,
        event_type=kind.value,
        payload=payload,
        created_at=at,
        next_try_at=at,
    )
    outbox.post(topic="webhook", payload={"delivery": delivery.pk, "tries": 0})
    return delivery


@transaction.atomic
def add_webhook(*, url: str, event_types: Sequence[str], at: datetime, by: User) -> tuple[WebhookEndpoint, str]:
    """Tell an address about events from now on; the returned secret, by which it checks signatures, is shown once."""
    demand_public(url)
    secret = _new_secret()
    endpoint = WebhookEndpoint(
        url=url,
        event_types=sorted(EventType(kind).value for kind in event_types),
        secret=seal(json.dumps({"secret": secret})),
        created_by=by,
        created_at=at,
    )
    endpoint.full_clean(exclude=["event_types"])
    endpoint.save()
    record_audit(verb="add_webhook", subject=endpoint, by=by, detail={"url": url, "events": endpoint.event_types})
    return endpoint, secret


@transaction.atomic
def rotate_webhook(*, endpoint: WebhookEndpoint, at: datetime, by: User) -> str:
    """Give an endpoint a new secret. For a day each message carries the signatures of both."""
    kept = json.loads(unseal(endpoint.secret))
    secret = _new_secret()
    until = (at + OLD_SECRET_COUNTS).isoformat()
    endpoint.secret = seal(json.dumps({"secret": secret, "old": kept["secret"], "old_until": until}))
    endpoint.save(update_fields=["secret"])
    record_audit(verb="rotate_webhook", subject=endpoint, by=by, detail={"url": endpoint.url})
    return secret


def secrets_of(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets that sign now: the newest first, the one before for a day after a rotation."""
    kept = json.loads(unseal(endpoint.secret))
    is_old_good = "old" in kept and datetime.fromisoformat(kept["old_until"]) > at
    return [kept["secret"], *([kept["old"]] if is_old_good else [])]


def _new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


@transaction.atomic
def pause_webhook(*, endpoint: WebhookEndpoint, by: User | None, reason: str = "") -> None:
    """Tell this address nothing more: new events pass it by, those on their way wait."""
    endpoint.is_active, endpoint.disabled_reason = False, reason
    endpoint.save(update_fields=["is_active", "disabled_reason"])
    record_audit(verb="pause_webhook", subject=endpoint, by=by, detail={"url": endpoint.url, "reason": reason})


@transaction.atomic
def resume_webhook(*, endpoint: WebhookEndpoint, at: datetime, by: User) -> None:
    """Tell this address again, first what waited for it."""
    endpoint.is_active, endpoint.disabled_reason = True, ""
    endpoint.save(update_fields=["is_active", "disabled_reason"])
    for delivery in endpoint.deliveries.filter(status=WebhookDelivery.Status.WAITING, next_try_at=None):
        plan_try(delivery, at, delivery.tries)
    record_audit(verb="resume_webhook", subject=endpoint, by=by, detail={"url": endpoint.url})


@transaction.atomic
def replay_delivery(*, delivery: WebhookDelivery, at: datetime, by: User) -> None:
    """Send an event once more, with the same id: by it the receiver knows what he had already."""
    ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=WebhookDelivery.Status.WAITING)
    if not ended.update(status=WebhookDelivery.Status.WAITING, delivered_at=None, last_error=""):
        raise ValidationError(_("This event is still on its way; its next try is planned."), code="not_ended")
    delivery.refresh_from_db()
    plan_try(delivery, at, 0)
    record_audit(verb="replay_delivery", subject=delivery, by=by, detail={"event": str(delivery.event_id)})


@transaction.atomic
def ping_webhook(*, endpoint: WebhookEndpoint, at: datetime, by: User) -> WebhookDelivery:
    """Send one test event to this address alone."""
    if not endpoint.is_active:
        raise ValidationError(_("This webhook is paused. Resume it, then test it."), code="paused")
    event_id = uuid.uuid4()
    payload = _event(event_id, EventType.PING, endpoint, {"by": by.username}, at)
    delivery = _start(endpoint, event_id, EventType.PING, payload, at)
    record_audit(verb="ping_webhook", subject=endpoint, by=by, detail={"url": endpoint.url})
    return delivery


def plan_try(delivery: WebhookDelivery, at: datetime, tries: int, pause: timedelta = outbox.AT_ONCE) -> None:
    """Plan the next try. The message names which try it is, so that a message that comes twice sends once."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(tries=tries, next_try_at=at + pause)
    outbox.post(topic="webhook", payload={"delivery": delivery.pk, "tries": tries}, pause=pause)
