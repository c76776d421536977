"""How far the work of a stage is, as somebody judges it: what the earning rule `percent_complete` reads."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import StageCompletionQuerySet
from projects.models import Station


class StageCompletion(models.Model):
    """How much of a stage was done on a day, by whose judgement and why. Rows only ever come. Append-only by trigger.

    For one day the newest judgement not after it counts, of equal days the latest recorded.
    """

    project = models.ForeignKey(
        "projects.Project", models.PROTECT, related_name="completions", verbose_name=_("project")
    )
    station = models.CharField(_("stage"), max_length=12, choices=Station)
    percent = models.PositiveSmallIntegerField(_("percent complete"), validators=[MaxValueValidator(100)])
    judged_on = models.DateField(_("as of"))
    reason = models.CharField(_("reason"), max_length=240)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("judged by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = StageCompletionQuerySet.as_manager()

    class Meta:
        ordering = ["-judged_on", "-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="completion_at_most_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.get_station_display()} {self.percent}%"
