"""What a project plans beside its stages: milestones, what waits for what, risks, and whose time it has."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from projects.models.project import Project
from projects.querysets import AllocationQuerySet, MilestoneQuerySet, RiskQuerySet


class Milestone(models.Model):
    """A point of time that matters. The baseline is the first plan and never moves."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="milestones", verbose_name=_("project"))
    title = models.CharField(_("title"), max_length=120)
    baseline_on = models.DateField(_("baseline"))
    planned_on = models.DateField(_("planned"))
    actual_on = models.DateField(_("reached"), null=True, blank=True)

    objects = MilestoneQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["planned_on", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "title"], name="one_milestone_title_per_project")]

    def __str__(self) -> str:
        return self.title


class Dependency(models.Model):
    """The successor comes at least so many days after the predecessor; across projects as well."""

    predecessor = models.ForeignKey(Milestone, models.CASCADE, related_name="+", verbose_name=_("first"))
    successor = models.ForeignKey(Milestone, models.CASCADE, related_name="waits_for", verbose_name=_("then"))
    lag_days = models.PositiveSmallIntegerField(_("days between"), default=0)

    class Meta:
        verbose_name_plural = _("dependencies")
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="one_dependency_each"),
            models.CheckConstraint(
                condition=~models.Q(predecessor=models.F("successor")), name="no_milestone_waits_for_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} > {self.successor}"


class Risk(models.Model):
    """Something that may happen: exposure = probability x impact."""

    class Response(models.TextChoices):
        AVOID = "avoid", _("Avoid")
        REDUCE = "reduce", _("Reduce")
        TRANSFER = "transfer", _("Transfer")
        ACCEPT = "accept", _("Accept")

    project = models.ForeignKey(Project, models.CASCADE, related_name="risks", verbose_name=_("project"))
    title = models.CharField(_("what may happen"), max_length=160)
    probability_percent = models.PositiveSmallIntegerField(
        _("probability in percent"), validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    impact_minor = models.BigIntegerField(_("cost if it happens"), validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3)
    response = models.CharField(_("response"), max_length=8, choices=Response)
    mitigation = models.CharField(_("what is done"), max_length=240, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    opened_on = models.DateField(_("seen on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = RiskQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["project", "-probability_percent"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(probability_percent__range=(1, 99), impact_minor__gte=0), name="risk_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def exposure_minor(self) -> int:
        return self.impact_minor * self.probability_percent // 100


class Allocation(models.Model):
    """Hours a week of one person for one project. `valid_to` is exclusive."""

    class Status(models.TextChoices):
        TENTATIVE = "tentative", _("Tentative")
        CONFIRMED = "confirmed", _("Confirmed")

    employment = models.ForeignKey(
        "people.Employment", models.PROTECT, related_name="allocations", verbose_name=_("person")
    )
    project = models.ForeignKey(Project, models.PROTECT, related_name="allocations", verbose_name=_("project"))
    hours_per_week = models.PositiveSmallIntegerField(_("hours a week"), validators=[MaxValueValidator(60)])
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.CONFIRMED)
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number in the source"), max_length=80)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["project", "employment", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_allocation_per_source_and_id"),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="allocation_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employment} {self.project.key}"
