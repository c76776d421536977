"""Portfolios and projects on the six stations of the life cycle, and the feedback that comes back."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.querysets import FeedbackQuerySet, ProjectQuerySet


class Station(models.TextChoices):
    """The same six words in the same order everywhere; the order is the line."""

    DEMAND = "demand", _("Demand")
    DATA = "data", _("Data")
    TRAINING = "training", _("Training")
    COMPRESSION = "compression", _("Compression")
    DEPLOYMENT = "deployment", _("Deployment")
    FEEDBACK = "feedback", _("Feedback")

    @property
    def position(self) -> int:
        return list(type(self)).index(self)


class Portfolio(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """One line from a demand to the money. `key` begins the numbers of its jobs: TRI-47."""

    key = models.CharField(
        _("key"),
        max_length=8,
        unique=True,
        validators=[RegexValidator("^[A-Z][A-Z0-9]{1,7}$", _("Two to eight capital letters or digits."))],
    )
    title = models.CharField(_("title"), max_length=160)
    summary = models.CharField(_("what it does"), max_length=240, blank=True)
    demand = models.TextField(_("demand"), blank=True, help_text=_("The business need, in the words of who asked."))
    portfolio = models.ForeignKey(Portfolio, models.PROTECT, related_name="projects", verbose_name=_("portfolio"))
    sponsor = models.ForeignKey("people.Department", models.PROTECT, related_name="+", verbose_name=_("sponsor"))
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("lead"))
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")
    station = models.CharField(_("station"), max_length=12, choices=Station, default=Station.DEMAND)
    approval_threshold_minor = models.BigIntegerField(
        _("approval needed above"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Upper price of one job, in minor units of the budget's currency. Empty: no job needs approval."),
    )
    started_on = models.DateField(_("since"))
    due_on = models.DateField(_("due"), null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.key])


class Membership(models.Model):
    """Who works on a project: only members, managers and finance see it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class Stage(models.Model):
    """The work at one station of one project: planned, then real. Dates are inclusive."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="stages")
    station = models.CharField(_("station"), max_length=12, choices=Station)
    planned_finish = models.DateField(_("planned finish"), null=True, blank=True)
    actual_start = models.DateField(_("started"), null=True, blank=True)
    actual_finish = models.DateField(_("finished"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "station"], name="one_stage_per_station"),
            models.CheckConstraint(
                condition=models.Q(actual_finish=None) | models.Q(actual_finish__gte=models.F("actual_start")),
                name="stage_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.key} {self.station}"


class Feedback(models.Model):
    """What somebody outside the team says about the result, scored 1 to 5."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="feedback", verbose_name=_("project"))
    score = models.PositiveSmallIntegerField(_("score"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = models.TextField(_("what they say"), max_length=2000)
    source = models.CharField(
        _("from"), max_length=120, help_text=_("Name and desk, for example: Maria López, billing.")
    )
    received_at = models.DateTimeField(_("received"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = _("feedback")
        constraints = [models.CheckConstraint(condition=models.Q(score__range=(1, 5)), name="score_one_to_five")]

    def __str__(self) -> str:
        return f"{self.score}/5 {self.source}"
