"""Deliver what must leave the database: at least once, in any order, retried with growing pauses."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from trainingjobs.models import OutboxMessage
from trainingjobs.services.publish import publish

IN_HANDS_S, LONGEST_PAUSE_S = 120, 3600
logger = logging.getLogger(__name__)

TOPICS: dict[str, Callable[[Mapping[str, Any]], None]] = {"publish_run": publish}


def deliver_outbox() -> int:
    """Deliver every message that is due and that no other process has in hands; how many were delivered."""
    return sum(_deliver(message) for message in OutboxMessage.objects.due(timezone.now()))


def _deliver(message: OutboxMessage) -> bool:
    mine = OutboxMessage.objects.filter(pk=message.pk, delivered_at=None, not_before=message.not_before).update(
        not_before=timezone.now() + timedelta(seconds=IN_HANDS_S), tries=F("tries") + 1
    )
    if not mine:
        return False
    try:
        TOPICS[message.topic](message.payload)
    except Exception as error:  # whatever it is, the message stays and says why
        logger.warning("Outbox message %s (%s) stays: %s", message.pk, message.topic, error)
        pause = timedelta(seconds=min(LONGEST_PAUSE_S, 5 * 2**message.tries))
        OutboxMessage.objects.filter(pk=message.pk).update(
            last_error=f"{type(error).__name__}: {error}"[:2000], not_before=timezone.now() + pause
        )
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=timezone.now(), last_error="")
    return True
