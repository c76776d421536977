"""Business figures: what they are, what they should become, what was measured."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outcomes.querysets import KpiQuerySet, MeasurementQuerySet, OfKpiQuerySet


class Kpi(models.Model):
    """A business figure of a project, from a baseline towards a target: a value, or a band up to `target_high`.

    Baseline and target of a sum are those of one month.
    """

    class Direction(models.TextChoices):
        HIGHER = "higher", _("Higher is better")
        LOWER = "lower", _("Lower is better")
        WITHIN = "within", _("Within a band is better")

    class Aggregation(models.TextChoices):
        MEAN = "mean", _("Mean of the period")
        SUM = "sum", _("Sum of the period")
        LAST = "last", _("Last value of the period")

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="kpis", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=120)
    definition = models.CharField(_("definition"), max_length=240, blank=True)
    unit = models.CharField(_("unit"), max_length=24, help_text=_("For example %, min, EUR."))
    direction = models.CharField(_("direction"), max_length=6, choices=Direction)
    aggregation = models.CharField(_("aggregation"), max_length=4, choices=Aggregation, default=Aggregation.LAST)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    source = models.CharField(_("source"), max_length=120, blank=True)
    baseline = models.FloatField(_("baseline"))
    target = models.FloatField(_("target"))
    target_high = models.FloatField(_("upper end of the band"), null=True, blank=True)

    objects = KpiQuerySet.as_manager()

    class Meta:
        ordering = ["project", "name"]
        verbose_name, verbose_name_plural = _("KPI"), _("KPIs")
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_kpi_name_per_project"),
            models.CheckConstraint(
                condition=models.Q(direction="within", target_high__gt=models.F("target"))
                | ~models.Q(direction="within") & models.Q(target_high=None),
                name="kpi_band_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("kpi", args=[self.pk])

    @property
    def unit_of_goal(self) -> str:
        """The unit of its baseline and target: of a sum, that of a month."""
        return _("%(unit)s a month") % {"unit": self.unit} if self.aggregation == self.Aggregation.SUM else self.unit

    @property
    def better_sign(self) -> int:
        """+1 where more is better, -1 where less is; of a band less distance from it is better."""
        return 1 if self.direction == self.Direction.HIGHER else -1


class Measurement(models.Model):
    """One measured value of a KPI. Corrections are new rows; the latest record for a time counts. Append-only."""

    kpi = models.ForeignKey(Kpi, models.PROTECT, related_name="measurements", verbose_name=_("KPI"))
    value = models.FloatField(_("value"))
    measured_at = models.DateTimeField(_("measured at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source = models.CharField(_("source"), max_length=120, blank=True)
    model_version = models.ForeignKey(
        "experiments.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="measurements",
        verbose_name=_("with model"),
    )

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        ordering = ["measured_at", "recorded_at"]
        indexes = [models.Index(fields=["kpi", "measured_at"])]

    def __str__(self) -> str:
        return f"{self.kpi} {self.value:g} {self.kpi.unit}"


class KpiTarget(models.Model):
    """What a KPI should be in one period, and from where on it is amber or red. `ends_on` is exclusive.

    A sum is judged by it alone while it runs; it is what the whole period should come to. A band goes from `value` to
    `value_high`; amber and red are then distances outside of it.
    """

    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="targets", verbose_name=_("KPI"))
    starts_on = models.DateField(_("begins"))
    ends_on = models.DateField(_("ends before"))
    value = models.FloatField(_("target"))
    value_high = models.FloatField(_("upper end of the band"), null=True, blank=True)
    amber = models.FloatField(_("amber beyond"))
    red = models.FloatField(_("red beyond"))

    objects = OfKpiQuerySet.as_manager()

    class Meta:
        ordering = ["kpi", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["kpi", "starts_on"], name="one_kpi_target_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="kpi_target_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.starts_on}"
