"""What the audit trail knows of rows that bear no time of their own, or have changed since."""

from datetime import datetime

from django.db.models import BigIntegerField, CharField, F, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from people.models import AuditEntry

FILLED = ("seed_demo", "seed_scale")


def told() -> QuerySet[AuditEntry]:
    """The entries that say when: those of a story told into an empty house all bear the moment of its telling."""
    filled = AuditEntry.objects.filter(verb__in=FILLED).order_by("-pk").values("pk")[:1]
    return AuditEntry.objects.filter(pk__gt=Coalesce(Subquery(filled), 0))


def made_since(verb: str, moment: datetime) -> QuerySet:
    """The keys of what a verb has made since a moment."""
    entries = told().filter(verb=verb, at__gte=moment).order_by()
    return entries.values_list(Cast("subject_id", BigIntegerField()), flat=True)


def told_of(kind: str, key: F, *verbs: str) -> QuerySet[AuditEntry]:
    """What some verbs did to one row of a kind; `key` is the outer query's reference to it."""
    return told().filter(subject_type=kind, subject_id=Cast(key, CharField()), verb__in=verbs)
