"""Objectives and their key results, fed by KPIs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outcomes.models.kpi import Kpi
from outcomes.querysets import KeyResultQuerySet, ObjectiveQuerySet


class Objective(models.Model):
    """What a portfolio wants to reach in a period; how far it has come is the weighted mean of its key results."""

    portfolio = models.ForeignKey(
        "projects.Portfolio", models.PROTECT, related_name="objectives", verbose_name=_("portfolio")
    )
    title = models.CharField(_("title"), max_length=160)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    starts_on = models.DateField(_("begins"))
    ends_on = models.DateField(_("ends before"))

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering = ["portfolio", "starts_on", "title"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "title"], name="one_objective_title_each"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="objective_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class KeyResult(models.Model):
    """One measure of an objective: a KPI from its baseline here to its target here; a band is always the KPI's."""

    objective = models.ForeignKey(Objective, models.CASCADE, related_name="key_results", verbose_name=_("objective"))
    kpi = models.ForeignKey(Kpi, models.PROTECT, related_name="key_results", verbose_name=_("KPI"))
    baseline = models.FloatField(_("baseline"))
    target = models.FloatField(_("target"))
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)

    objects = KeyResultQuerySet.as_manager()

    class Meta:
        ordering = ["objective", "id"]
        constraints = [
            models.UniqueConstraint(fields=["objective", "kpi"], name="one_key_result_per_kpi"),
            models.CheckConstraint(condition=~models.Q(target=models.F("baseline")), name="key_result_has_a_way"),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="key_result_weighs"),
        ]

    def __str__(self) -> str:
        return f"{self.objective}: {self.kpi}"

    @property
    def target_high(self) -> float | None:
        return self.kpi.target_high
