"""Limits on guessing passwords: a slot is taken before the password is looked at, and given back when it was right."""

import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from people.models import SignInAttempt
from people.services import record_audit


@dataclass(frozen=True)
class Slot:
    """One try of one key, in the window of time that it fell into."""

    key: str
    window: int
    limit: int


class UsedUp(Exception):
    """Undoes what was taken before it."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot


def take_slots(username: str, address: str) -> tuple[Slot, ...]:
    """One slot of the address and one of the name from there, both or none; a ValidationError when one is used up."""
    window = int(time.time() // settings.RATE_SIGN_IN_WINDOW_S)
    slots = (
        Slot(_key(address), window, settings.RATE_SIGN_IN_ADDRESS),
        Slot(_key(address, username), window, settings.RATE_SIGN_IN),
    )
    try:
        with transaction.atomic():
            for slot in slots:
                _take(slot)
    except UsedUp as used_up:
        _report(used_up.slot, address)
        raise _refusal(used_up.slot) from None
    return slots


def give_back(slots: tuple[Slot, ...]) -> None:
    """A right password is no guess: only wrong ones count."""
    for slot in slots:
        SignInAttempt.objects.filter(key=slot.key, window=slot.window, taken__gt=0).update(taken=F("taken") - 1)
    SignInAttempt.objects.filter(window__lt=slots[0].window).delete()


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from: what the nearest proxy says when PROXIES stand before us, an IPv6 network as one."""
    if request is None:
        return ""
    far = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        far = hops[-settings.PROXIES] if len(hops) >= settings.PROXIES else far
    try:
        address = ip_address(far)
    except ValueError:
        return ""
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _key(*parts: str) -> str:
    return salted_hmac("people.sign_in", "\0".join(parts), algorithm="sha256").hexdigest()


def _take(slot: Slot) -> None:
    """One conditional UPDATE decides, so that of many at once no more than the limit come through."""
    row = SignInAttempt(key=slot.key, window=slot.window)
    SignInAttempt.objects.bulk_create([row], ignore_conflicts=True)
    open_slots = SignInAttempt.objects.filter(key=slot.key, window=slot.window, taken__lt=slot.limit)
    if not open_slots.update(taken=F("taken") + 1):
        raise UsedUp(slot)


def _refusal(slot: Slot) -> ValidationError:
    wait_s = max(1, int((slot.window + 1) * settings.RATE_SIGN_IN_WINDOW_S - time.time()))
    minutes = -(-wait_s // 60)
    return ValidationError(
        ngettext(
            "Too many wrong sign-ins from here. Wait %(minutes)d minute, then try again.",
            "Too many wrong sign-ins from here. Wait %(minutes)d minutes, then try again.",
            minutes,
        ),
        code="too_many_sign_ins",
        params={"minutes": minutes, "wait_s": wait_s},
    )


def _report(slot: Slot, address: str) -> None:
    """The trail tells each lock once, and no name: people type passwords into the wrong field."""
    locked = SignInAttempt.objects.filter(key=slot.key, window=slot.window, is_reported=False)
    with transaction.atomic():
        if locked.update(is_reported=True):
            row = SignInAttempt.objects.get(key=slot.key, window=slot.window)
            record_audit(verb="lock_sign_in", subject=row, by=None, detail={"address": address, "limit": slot.limit})
