"""What a go with conditions asks for: each with a day and a person, and how it was fulfilled."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outcomes.models.gate import GateDecision
from outcomes.querysets import GateConditionQuerySet


class GateCondition(models.Model):
    """One condition of a decision, due on a day and seen to by a person. Append-only, as it was signed."""

    decision = models.ForeignKey(GateDecision, models.PROTECT, related_name="terms", verbose_name=_("decision"))
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.CharField(_("condition"), max_length=500)
    due_on = models.DateField(_("due"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who sees to it")
    )

    objects = GateConditionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "position"], name="one_condition_per_position"),
        ]

    def __str__(self) -> str:
        return self.text


class ConditionFulfilment(models.Model):
    """That a condition is fulfilled: since when, where that can be seen, and who says so. Append-only."""

    condition = models.OneToOneField(
        GateCondition, models.PROTECT, related_name="fulfilment", verbose_name=_("condition")
    )
    note = models.CharField(_("where it can be seen"), max_length=500)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.condition}: {self.note}"
