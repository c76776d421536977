"""What must leave the database: posted in the transaction of a verb, delivered after it at least once, in any order.

A part of the product names its topics with `@handles` in a module that its AppConfig imports when it is ready.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from engine import failpoint
from people.models import OutboxMessage
from people.querysets import after

Handler = Callable[[Mapping[str, Any]], None]

LEASES_IN_HANDS, LONGEST_PAUSE_S, AT_ONCE = 4, 3600, timedelta()
logger = logging.getLogger(__name__)

TOPICS: dict[str, Handler] = {}


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Mark the function that delivers messages of this topic. It may be called twice for one message."""

    def register(handler: Handler) -> Handler:
        TOPICS[topic] = handler
        return handler

    return register


def post(*, topic: str, payload: Mapping[str, Any], pause: timedelta = AT_ONCE) -> OutboxMessage:
    """Leave a message, in the transaction of the verb that calls it; it is due after the pause."""
    return OutboxMessage.objects.create(topic=topic, payload=dict(payload), created_at=Now(), not_before=after(pause))


def deliver() -> int:
    """Deliver every message that is due and that no other process has in hands; how many were delivered."""
    return sum(_deliver(message) for message in OutboxMessage.objects.due())


def _deliver(message: OutboxMessage) -> bool:
    in_hands = timedelta(seconds=LEASES_IN_HANDS * settings.LEASE_S)
    mine = OutboxMessage.objects.filter(pk=message.pk, delivered_at=None, tries=message.tries).update(
        not_before=after(in_hands), tries=F("tries") + 1
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
            last_error=f"{type(error).__name__}: {error}"[:2000], not_before=after(pause)
        )
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=Now(), last_error="")
    return True


def _handler_of(message: OutboxMessage) -> Handler:
    try:
        return TOPICS[message.topic]
    except KeyError:
        raise LookupError(f"Nobody takes messages of the topic {message.topic}.") from None
