"""When rows that bear no time of their own were made: the audit trail knows."""

from datetime import datetime

from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Cast

from people.models import AuditEntry


def made_since(verb: str, moment: datetime) -> QuerySet:
    """The keys of what a verb has made since a moment."""
    entries = AuditEntry.objects.filter(verb=verb, at__gte=moment).order_by()
    return entries.values_list(Cast("subject_id", BigIntegerField()), flat=True)
