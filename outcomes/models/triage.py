"""What became of feedback: which model it is about, and what is done with it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outcomes.querysets import FeedbackTriageQuerySet


class FeedbackTriage(models.Model):
    """The answer of the team to one voice. A voice without it has not been looked at."""

    class Status(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        ANSWERED = "answered", _("Answered")
        DECLINED = "declined", _("Declined")
        DUPLICATE = "duplicate", _("Heard before")

    feedback = models.OneToOneField(
        "projects.Feedback", models.PROTECT, related_name="triage", verbose_name=_("feedback")
    )
    status = models.CharField(_("status"), max_length=9, choices=Status)
    model_version = models.ForeignKey(
        "experiments.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="feedback",
        verbose_name=_("about the model"),
    )
    note = models.CharField(_("note"), max_length=240, blank=True)
    demand = models.ForeignKey(
        "projects.Demand", models.PROTECT, null=True, blank=True, related_name="voices", verbose_name=_("demand")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    objects = FeedbackTriageQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = _("triages")

    def __str__(self) -> str:
        return f"{self.feedback}: {self.get_status_display()}"
