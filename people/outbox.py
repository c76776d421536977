"""What must leave the database: posted in the transaction of a verb, delivered after it at least once, in any order.

A part of the product names its topics with `@handles` in a module that its AppConfig imports when it is ready.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from engine import failpoint
from people.models import OutboxMessage

Handler = Callable[[Mapping[str, Any]], None]

LEASES_IN_HANDS, LONGEST_PAUSE_S = 4, 3600
logger = logging.getLogger(__name__)

TOPICS: dict[str, Handler] = {}


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Mark the function that delivers messages of this topic. It may be called twice for one message."""

    def register(handler: Handler) -> Handler:
        TOPICS[topic] = handler
        return handler

    return register


def post(*, topic: str, payload: Mapping[str, Any], not_before: datetime | None = None) -> OutboxMessage:
    """Leave a message, in the transaction of the verb that calls it."""
    now = timezone.now()
    return OutboxMessage.objects.create(
        topic=topic, payload=dict(payload), created_at=now, not_before=not_before or now
    )


def deliver() -> int:
    """Deliver every message that is due and that no other process has in hands; how many were delivered."""
    return sum(_deliver(message) for message in OutboxMessage.objects.due(timezone.now()))


def _deliver(message: OutboxMessage) -> bool:
    mine = OutboxMessage.objects.filter(pk=message.pk, delivered_at=None, not_before=message.not_before).update(
        not_before=timezone.now() + timedelta(seconds=LEASES_IN_HANDS * settings.LEASE_S), tries=F("tries") + 1
    )
    if not mine:
        return False
    try:
        failpoint.reach("outbox.before_send")
        _handler_of(message)(message.payload)
        failpoint.reach("outbox.after_send")
    except Exception as error:  # whatever it is, the message stays and says why
        logger.warning("Outbox message %s (%s) stays: %s", message.pk, message.topic, error)
        pause = timedelta(seconds=min(LONGEST_PAUSE_S, 5 * 2**message.tries))
        OutboxMessage.objects.filter(pk=message.pk).update(
            last_error=f"{type(error).__name__}: {error}"[:2000], not_before=timezone.now() + pause
        )
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=timezone.now(), last_error="")
    return True


def _handler_of(message: OutboxMessage) -> Handler:
    try:
        return TOPICS[message.topic]
    except KeyError:
        raise LookupError(f"Nobody takes messages of the topic {message.topic}.") from None
