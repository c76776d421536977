"""The chain over the audit trail: each link ties an entry to all before it, so that a later change shows.

The number of a link is its place in the chain. Two that seal at once ask for the same place: the database gives it to
one of them, and the other leaves.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import IntegrityError, transaction

from people.models import AuditEntry, AuditLink

AT_A_TIME = 1000


@dataclass(frozen=True)
class Break:
    """The first place of the chain that does not fit, and why."""

    place: int
    entry_pk: int | None
    fact: str


def seal(limit: int = AT_A_TIME) -> int:
    """Add links for the oldest entries that have none; how many. None when another was sealing at that moment."""
    try:
        with transaction.atomic():
            return _add_links(limit)
    except IntegrityError:
        return 0


def _add_links(limit: int) -> int:
    last = newest_link()
    place, digest = (last.pk, last.digest) if last else (0, "")
    links = []
    for entry in AuditEntry.objects.filter(link=None).order_by("pk")[:limit]:
        digest = digest_of(digest, entry)
        links.append(AuditLink(pk=place + 1, previous_id=place or None, entry=entry, digest=digest))
        place += 1
    AuditLink.objects.bulk_create(links)
    return len(links)


def newest_link() -> AuditLink | None:
    return AuditLink.objects.order_by("-pk").first()


def digest_of(previous: str, entry: AuditEntry) -> str:
    """SHA-256 of the digest before it and the entry, in hexadecimal."""
    return hashlib.sha256(f"{previous}{canonical(entry)}".encode()).hexdigest()


def canonical(entry: AuditEntry) -> str:
    """The entry as JSON that is always written the same way: sorted names, no spaces, time in UTC."""
    return json.dumps(_told(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _told(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor_id,
        "verb": entry.verb,
        "subject_type": entry.subject_type,
        "subject_id": entry.subject_id,
        "detail": entry.detail,
    }


def first_break() -> Break | None:
    """Compute the chain anew from its beginning and name the first link that does not fit."""
    digest = ""
    links = AuditLink.objects.select_related("entry").order_by("pk").iterator(chunk_size=2000)
    for place, link in enumerate(links, start=1):
        if link.pk != place:
            return Break(place, None, "the link or its entry is missing")
        if link.previous_id != (place - 1 or None):
            return Break(place, link.entry_id, f"follows link {link.previous_id}, not the one before it")
        digest = digest_of(digest, link.entry)
        if link.digest != digest:
            return Break(place, link.entry_id, "the entry or one before it is not what was sealed")
    return None


def export_lines() -> Iterator[str]:
    """The sealed trail as JSON lines: place, digest and the very text that was sealed, to be checked elsewhere."""
    for link in AuditLink.objects.select_related("entry").order_by("pk").iterator(chunk_size=2000):
        yield f'{{"place":{link.pk},"digest":"{link.digest}","entry":{canonical(link.entry)}}}\n'
