"""What the business asks for, before it is a project; and the proofs that something has to be done better."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.project import Horizon, Project
from projects.querysets import DemandQuerySet


class Demand(models.Model):
    """One ask of the business. Accepted, it becomes a project; shelved is not rejected: it may come back."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        UNDER_REVIEW = "under_review", _("Under review")
        ACCEPTED = "accepted", _("Accepted")
        SHELVED = "shelved", _("On the shelf")
        REJECTED = "rejected", _("Rejected")
        MERGED = "merged", _("Merged into another")

    class Origin(models.TextChoices):
        PERSON = "person", _("Asked by somebody")
        BENEFIT = "benefit", _("A benefit fell short")
        FEEDBACK = "feedback", _("Feedback fell short")

    title = models.CharField(_("title"), max_length=160)
    problem = models.TextField(_("problem"), help_text=_("The business need, in the words of who asks."))
    department = models.ForeignKey("people.Department", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    proposer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("proposed by")
    )
    horizon = models.CharField(_("horizon"), max_length=16, choices=Horizon, default=Horizon.CORE)
    impact = models.PositiveSmallIntegerField(_("impact, 1 to 5"), default=3)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    origin = models.CharField(_("came from"), max_length=8, choices=Origin, default=Origin.PERSON)
    reference = models.CharField(
        _("for"), max_length=80, null=True, blank=True, unique=True,
        help_text=_("What opened it, for example benefit:12; one demand for one cause."),
    )  # fmt: skip
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    improves = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="improvement_demands", verbose_name=_("improves")
    )
    project = models.OneToOneField(
        Project, models.PROTECT, null=True, blank=True, related_name="source_demand", verbose_name=_("became")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    opened_at = models.DateTimeField(_("opened at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decision_note = models.TextField(_("reason of the decision"), blank=True)

    objects = DemandQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(impact__range=(1, 5)), name="impact_one_to_five"),
            models.CheckConstraint(
                condition=~models.Q(status="accepted") | models.Q(project__isnull=False),
                name="accepted_demand_has_project",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="merged") | models.Q(merged_into__isnull=False),
                name="merged_demand_names_the_other",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("demand", args=[self.pk])
