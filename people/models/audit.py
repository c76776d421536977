"""The trail of what everybody did, and the chain that shows that nobody changed it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.person import User


class AuditEntry(models.Model):
    """One thing that somebody did. Rows are only ever added; database triggers refuse the rest."""

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("actor"))
    verb = models.CharField(_("verb"), max_length=60, db_index=True)
    subject_type = models.CharField(_("subject"), max_length=60)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["subject_type", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"


class AuditLink(models.Model):
    """Ties an audit entry to all before it: digest = SHA-256 of the previous digest and the entry. Append-only.

    Links are added shortly after the entries by one process at a time, so that no verb waits for another's.
    """

    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="link")
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="next")
    digest = models.CharField(_("digest"), max_length=64, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.digest[:12]
