"""What comes back from outside the team."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.querysets import FeedbackQuerySet


class Feedback(models.Model):
    """What somebody outside the team says about the result, scored 1 to 5."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="feedback", verbose_name=_("project"))
    score = models.PositiveSmallIntegerField(_("score"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = models.TextField(_("what they say"), max_length=2000)
    source = models.CharField(
        _("from"), max_length=120, help_text=_("Name and desk, for example: Maria López, billing.")
    )
    received_at = models.DateTimeField(_("received"))
    model_version = models.ForeignKey(
        "experiments.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="voices",
        verbose_name=_("about the model"),
    )
    request_id = models.CharField(
        _("about the request"),
        max_length=120,
        blank=True,
        help_text=_("The id of a call of the deployed model, as the system that serves it names it."),
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = _("feedback")
        constraints = [models.CheckConstraint(condition=models.Q(score__range=(1, 5)), name="score_one_to_five")]

    def __str__(self) -> str:
        return f"{self.score}/5 {self.source}"


def models_to_name() -> models.QuerySet:
    """The models that feedback can name. They belong to an app above this one."""
    return Feedback.model_version.field.related_model._default_manager.all()
