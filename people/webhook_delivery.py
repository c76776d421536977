"""Carry events to webhook endpoints: signed, to a pinned address, ten tries over three days, no redirects."""

import http.client
import json
import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from people.models import WebhookDelivery, WebhookEndpoint
from people.outbox import handles
from people.safe_address import Refused, Target, resolve
from people.sealed import CannotOpen
from people.webhooks import pause_webhook, plan_try, secrets_of

PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # ten tries over about 75 hours
LONGEST_WAIT = timedelta(hours=24)  # however much a Retry-After asks for
HOLD_BACK = timedelta(minutes=1)  # an address that does not answer keeps nobody else waiting
CONNECT_S, WHOLE_S = 5, 15  # for one step without a word, and for all of them together
MOST_ADDRESSES = 4
MOST_ANSWER = 2_000
GONE = 410
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What came back: a status with the begin of its text, or None and why there was none."""

    code: int | None
    text: str
    retry_after: str = ""

    @property
    def is_good(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


@handles("webhook")
def deliver(payload: Mapping[str, Any]) -> None:
    """One try, unless it was made already or its endpoint is paused; a failure plans the next one itself."""
    waiting = WebhookDelivery.objects.select_related("endpoint").filter(
        pk=payload["delivery"], tries=payload["tries"], status=WebhookDelivery.Status.WAITING
    )
    delivery = waiting.first()
    if delivery is None:
        return
    if not delivery.endpoint.is_active:
        waiting.update(next_try_at=None)
        return
    now = timezone.now()
    if payload["tries"] == 0 and _was_silent(delivery.endpoint, now):
        plan_try(delivery, now, 0, HOLD_BACK)
        return
    answer = send(delivery, now)
    logger.info("Webhook delivery %s: %s %s", delivery.pk, answer.code, answer.text[:80])
    record_answer(delivery, answer, at=timezone.now())


def _was_silent(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether the endpoint gave no answer at all a moment ago."""
    silent = endpoint.deliveries.filter(status=WebhookDelivery.Status.WAITING, tries__gt=0, response_code=None)
    return silent.filter(last_try_at__gt=now - HOLD_BACK).exists()


def send(delivery: WebhookDelivery, at: datetime) -> Answer:
    """Sign and post one event."""
    body = json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False)
    message_id = str(delivery.event_id)
    try:
        signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets_of(delivery.endpoint, at)]
        target = resolve(delivery.endpoint.url)
    except (Refused, CannotOpen) as error:
        return Answer(None, str(error))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Throughline",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.astimezone(UTC).timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return _post(target, body.encode(), headers)


def _post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = _Pinned(target, time.monotonic() + WHOLE_S)
    alarm = threading.Timer(WHOLE_S, connection.abort)
    alarm.start()
    try:
        connection.request("POST", target.path, body, dict(headers))
        response = connection.getresponse()
        text = response.read(MOST_ANSWER).decode("utf-8", "replace").replace("\0", "")
        return Answer(response.status, text, response.headers.get("Retry-After", ""))
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, f"{type(error).__name__}: {error}")
    finally:
        alarm.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the addresses that were judged, in the name of the host. It follows no redirect and no proxy."""

    def __init__(self, target: Target, ends_at: float) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_S)
        self.target, self.ends_at = target, ends_at
        self.wire: socket.socket | None = None  # `sock` is let go of as soon as the head of an answer is read
        self.is_over = False

    def connect(self) -> None:
        self.sock = self.wire = _first_that_answers(self.target, self.ends_at)
        if self.target.scheme == "https":
            context = ssl.create_default_context()
            secure = context.wrap_socket(
                self.wire, server_hostname=self.target.host, do_handshake_on_connect=False
            )  # fmt: skip
            self.sock = self.wire = secure
            self._demand_time()
            secure.do_handshake()
        self._demand_time()

    def _demand_time(self) -> None:
        """The alarm may have gone while there was no wire, or another one."""
        if self.is_over:
            raise TimeoutError

    def abort(self) -> None:
        """End it from outside: a handshake or an answer that comes byte by byte must not hold a worker for ever."""
        self.is_over = True
        if self.wire is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)  # below TLS, which the other thread is in


def _first_that_answers(target: Target, ends_at: float) -> socket.socket:
    """The first of a few addresses: a name with hundreds of silent ones has no claim to be asked at each."""
    silent: OSError = TimeoutError()
    for address in target.addresses[:MOST_ADDRESSES]:
        left = ends_at - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, target.port), timeout=min(CONNECT_S, left))
        except OSError as error:
            silent = error
    raise silent


@transaction.atomic
def record_answer(delivery: WebhookDelivery, answer: Answer, *, at: datetime) -> None:
    """Keep what came back: done, given up, or the next try planned. Gone (410) ends the endpoint."""
    tries = delivery.tries + 1
    status = WebhookDelivery.Status
    kept: dict[str, Any] = {"tries": tries, "response_code": answer.code, "last_try_at": at}
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, tries=delivery.tries, status=status.WAITING)
    if answer.is_good:
        mine.update(**kept, status=status.DELIVERED, delivered_at=at, next_try_at=None, last_error="")
        return
    kept["last_error"] = (answer.text or _("No text in the answer."))[:500]
    if answer.code == GONE:
        pause_webhook(endpoint=delivery.endpoint, by=None, reason=_("The receiver said that it is gone (410)."))
    if answer.code == GONE or tries > len(PAUSES_S):
        mine.update(**kept, status=status.GIVEN_UP, next_try_at=None)
    elif mine.update(**kept):
        plan_try(delivery, at, tries, _pause(tries, answer.retry_after, at))


def _pause(tries: int, retry_after: str, at: datetime) -> timedelta:
    """Our own plan with some jitter, or longer when the receiver asks for it."""
    planned = timedelta(seconds=PAUSES_S[tries - 1] * secrets.SystemRandom().uniform(0.9, 1.1))
    return max(planned, min(_asked(retry_after, at), LONGEST_WAIT))


def _asked(retry_after: str, at: datetime) -> timedelta:
    """Retry-After says seconds or a date; anything else asks for nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        return parsedate_to_datetime(text) - at
    except (TypeError, ValueError):
        return timedelta(0)
