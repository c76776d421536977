"""Who asks twice is served once: the answer to a write is kept under its Idempotency-Key, in the write's transaction.

Only successes are kept. A refusal had no effect, so the same key may be tried again when its cause is mended.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from people.models import IdempotentRequest, User

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
LONGEST_KEY = 255
TOLD_AGAIN = ("Location",)
Act = Callable[..., Response]


class KeyMissing(APIException):
    status_code = 400
    default_code = "idempotency_key_missing"
    default_detail = _("Send the header Idempotency-Key with a text of your own for this request, such as a UUID.")


class KeyUnreadable(APIException):
    status_code = 400
    default_code = "idempotency_key_unreadable"
    default_detail = _("An Idempotency-Key has 1 to 255 printable characters of ASCII.")


class KeyUsed(APIException):
    status_code = 422
    default_code = "idempotency_key_used"
    default_detail = _("This Idempotency-Key belongs to another request of yours. Take a new key for a new request.")


class InProgress(APIException):
    status_code = 409
    default_code = "in_progress"
    default_detail = _("The same request is under way at this moment. Repeat it in a second to read its answer.")
    wait = 1


def idempotent(*, required: bool = False) -> Callable[[Act], Act]:
    """Mark an action of a viewset that takes effect once for each key; `required` refuses it without one."""

    def mark(act: Act) -> Act:
        @wraps(act)
        def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = _key_of(request, required)
            if key is None:
                return act(view, request, *args, **kwargs)
            return _once(view.person, key, request, lambda: act(view, request, *args, **kwargs))

        once.takes_key = "required" if required else "optional"  # type: ignore[attr-defined]  # read by the schema
        return once

    return mark


def _key_of(request: Request, required: bool) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        if required:
            raise KeyMissing
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyUnreadable
    return key


@transaction.atomic
def _once(user: User, key: str, request: Request, act: Callable[[], Response]) -> Response:
    """The answer kept for the key, or a new one that is kept as it is given."""
    if not _holds_the_key(user, key):
        raise InProgress
    digest = _digest(request)
    kept = IdempotentRequest.objects.filter(user=user, key=key).first()
    if kept is not None:
        return _again(kept, request, digest)
    response = act()
    if response.status_code < 300:
        IdempotentRequest.objects.create(
            user=user,
            key=key,
            method=str(request.method),
            path=request.path[:500],
            body_digest=digest,
            status_code=response.status_code,
            response={
                "body": json.loads(JSONRenderer().render(response.data)),
                "headers": {name: response[name] for name in TOLD_AGAIN if response.has_header(name)},
            },
            created_at=timezone.now(),
        )
    return response


def _again(kept: IdempotentRequest, request: Request, digest: str) -> Response:
    if (kept.method, kept.path, kept.body_digest) != (request.method, request.path[:500], digest):
        raise KeyUsed
    headers = {**kept.response["headers"], REPLAYED: "true"}
    return Response(kept.response["body"], status=kept.status_code, headers=headers)


def told_again(response: Response) -> Response:
    """The answer to a document that took effect earlier: by its own number, whatever key it comes under."""
    response.status_code = 200
    response[REPLAYED] = "true"
    return response


def _digest(request: Request) -> str:
    """The same values in another order or spacing are the same request."""
    return hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()


def _holds_the_key(user: User, key: str) -> bool:
    """Until the transaction ends one request alone holds a key. On SQLite writers wait for each other anyway."""
    if connection.vendor != "postgresql":
        return True
    number = int.from_bytes(hashlib.sha256(f"{user.pk} {key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
