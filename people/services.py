"""The audit trail: every verb of the product leaves one entry."""

from typing import Any

from django.db import models
from django.utils import timezone

from people.models import AuditEntry, User


def record_audit(
    *, verb: str, subject: models.Model, by: User | None, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Add one entry, in the transaction of the verb that calls it. `by` is None when the product itself acts."""
    return AuditEntry.objects.create(
        at=timezone.now(),
        actor=by,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        detail=detail or {},
    )
