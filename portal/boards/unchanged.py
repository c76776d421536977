"""Boards are worked out once and kept until something has been done.

Every verb leaves an audit entry in its transaction and every claim of a job an attempt, so these tell whether a figure
may have changed. Entries of transactions that end late are noticed by their gap among the newest ones. Each process
keeps its own few boards; nothing is kept over midnight.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

from django.utils.translation import get_language

from people.models import AuditEntry, User
from trainingjobs.models import Attempt

Made = TypeVar("Made")

NEWEST, MOST_KEPT = 200, 64
_kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()


def while_unchanged(name: Hashable, user: User, today: date, make: Callable[[], Made]) -> Made:
    """What `make` returned last for the same name, for whoever sees the same, or what it returns now."""
    sight = "all" if user.sees_everything else user.pk
    key, stamp = (name, sight, get_language()), _stamp(today)
    known = _kept.get(key)
    if known is not None and known[0] == stamp:
        with suppress(KeyError):  # another thread has just let it go
            _kept.move_to_end(key)
        return known[1]
    made = make()
    _kept[key] = (stamp, made)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return made


def forget() -> None:
    """Keep nothing any more; for tests, whose rows vanish without a word."""
    _kept.clear()


def _stamp(today: date) -> Hashable:
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[:NEWEST]
    attempt = Attempt.objects.order_by("-pk").values_list("pk", flat=True).first()
    return today, tuple(newest), attempt
