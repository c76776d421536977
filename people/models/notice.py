"""What one person should know."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from people.models.person import User
from people.querysets import NoticeQuerySet


class Notice(models.Model):
    """One thing that one person should know, with the page where it stands."""

    class Kind(models.TextChoices):
        JOB_ENDED = "job_ended", _("Job ended")
        JOB_PAUSED = "job_paused", _("Job paused")
        APPROVAL_ASKED = "approval_asked", _("Approval asked")
        APPROVAL_DECIDED = "approval_decided", _("Approval decided")
        BUDGET = "budget", _("Budget")
        GATE = "gate", _("Gate")
        IMPROVEMENT = "improvement", _("Improvement demand")
        REPORT_DUE = "report_due", _("Report due")

        @property
        def symbol(self) -> str:
            return {
                "job_ended": "play",
                "job_paused": "clock",
                "approval_asked": "gate",
                "approval_decided": "gate",
                "budget": "coin",
                "gate": "gate",
                "improvement": "bulb",
                "report_due": "clock",
            }[self.value]

    user = models.ForeignKey(User, models.PROTECT, related_name="notices", verbose_name=_("person"))
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    text = models.TextField(_("text"))
    url = models.CharField(_("page"), max_length=500)
    read_at = models.DateTimeField(_("read"), null=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    subject_type = models.CharField(_("subject"), max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "read_at", "-id"], name="notices_of_a_person")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        """Opening this marks it as read and leads on to the page it is about."""
        return reverse("notice", args=[self.pk])

    @property
    def symbol(self) -> str:
        return self.Kind(self.kind).symbol
