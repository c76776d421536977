"""Portfolio > programme > project, on the six stations of the life cycle."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from projects.querysets import OfProjectQuerySet, ProgrammeQuerySet, ProjectQuerySet


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


class Horizon(models.TextChoices):
    """How far from today's business the work is; gates ask each kind different things."""

    CORE = "core", _("Core")
    ADJACENT = "adjacent", _("Adjacent")
    TRANSFORMATIONAL = "transformational", _("Transformational")


class Portfolio(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Programme(models.Model):
    """Projects of one portfolio that serve one aim."""

    portfolio = models.ForeignKey(Portfolio, models.PROTECT, related_name="programmes", verbose_name=_("portfolio"))
    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["portfolio", "name"]
        constraints = [models.UniqueConstraint(fields=["portfolio", "name"], name="one_programme_name_each")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("programme", args=[self.pk])


class Project(models.Model):
    """One line from a demand to the money. `key` begins the numbers of its jobs: TRI-47."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ON_HOLD = "on_hold", _("On hold")
        KILLED = "killed", _("Killed")
        COMPLETED = "completed", _("Completed")

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
    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("programme")
    )
    horizon = models.CharField(_("horizon"), max_length=16, choices=Horizon, default=Horizon.CORE)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    ended_on = models.DateField(_("ended"), null=True, blank=True)
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
    earning_kpi = models.ForeignKey(
        "outcomes.Kpi", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("KPI that earns")
    )
    started_on = models.DateField(_("since"))
    due_on = models.DateField(_("due"), null=True, blank=True)

    objects = ProjectQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "on_hold"], ended_on=None)
                | models.Q(status__in=["killed", "completed"], ended_on__isnull=False),
                name="ended_project_has_day",
            ),
        ]

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
    """The work at one station of one project: planned, expected, then real. Dates are inclusive."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="stages")
    station = models.CharField(_("station"), max_length=12, choices=Station)
    planned_start = models.DateField(_("planned start"), null=True, blank=True)
    planned_finish = models.DateField(_("planned finish"), null=True, blank=True)
    forecast_start = models.DateField(_("expected start"), null=True, blank=True)
    forecast_finish = models.DateField(_("expected finish"), null=True, blank=True)
    actual_start = models.DateField(_("started"), null=True, blank=True)
    actual_finish = models.DateField(_("finished"), null=True, blank=True)
    p_success_percent = models.PositiveSmallIntegerField(
        _("probability of success in percent"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    cost_minor = models.BigIntegerField(
        _("cost of the stage"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("In minor units of the budget's currency."),
    )

    objects = OfProjectQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "station"], name="one_stage_per_station"),
            models.CheckConstraint(
                condition=models.Q(actual_finish=None) | models.Q(actual_finish__gte=models.F("actual_start")),
                name="stage_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(planned_start=None)
                | models.Q(planned_finish=None)
                | models.Q(planned_finish__gte=models.F("planned_start")),
                name="stage_plan_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(forecast_start=None)
                | models.Q(forecast_finish=None)
                | models.Q(forecast_finish__gte=models.F("forecast_start")),
                name="stage_forecast_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(p_success_percent=None) | models.Q(p_success_percent__lte=100),
                name="stage_probability_to_100",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.key} {self.station}"
