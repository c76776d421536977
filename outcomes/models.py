"""Where technical results meet money: KPIs, what was measured, and the contracts that say what a metric is worth."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outcomes.querysets import KpiQuerySet, ValueContractQuerySet


class Kpi(models.Model):
    """A business figure of a project, from a baseline towards a target."""

    class Direction(models.TextChoices):
        HIGHER = "higher", _("Higher is better")
        LOWER = "lower", _("Lower is better")

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="kpis", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=120)
    definition = models.CharField(_("definition"), max_length=240, blank=True)
    unit = models.CharField(_("unit"), max_length=24, help_text=_("For example %, min, EUR."))
    direction = models.CharField(_("direction"), max_length=6, choices=Direction)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    source = models.CharField(_("source"), max_length=120, blank=True)
    baseline = models.FloatField(_("baseline"))
    target = models.FloatField(_("target"))

    objects = KpiQuerySet.as_manager()

    class Meta:
        ordering = ["project", "name"]
        verbose_name, verbose_name_plural = _("KPI"), _("KPIs")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_kpi_name_per_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("kpi", args=[self.pk])

    @property
    def better_sign(self) -> int:
        """+1 where more is better, -1 where less is: turns a change of the KPI into a gain."""
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

    class Meta:
        ordering = ["measured_at", "recorded_at"]
        indexes = [models.Index(fields=["kpi", "measured_at"])]

    def __str__(self) -> str:
        return f"{self.kpi} {self.value:g} {self.kpi.unit}"


class ValueContract(models.Model):
    """A versioned formula from a model metric to a KPI to money per year.

    effect on the KPI = sensitivity x (metric - metric_baseline), in KPI units;
    gross per year = effect x better sign x units_per_year x worth per KPI unit; net = gross - upkeep.
    A signed contract never changes: a new version replaces it. Unsigned, its figure is a hypothesis.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Hypothesis")
        SIGNED = "signed", _("Signed")
        SUPERSEDED = "superseded", _("Superseded")

    kpi = models.ForeignKey(Kpi, models.PROTECT, related_name="contracts", verbose_name=_("KPI"))
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    metric = models.CharField(_("model metric"), max_length=80, default="test_accuracy")
    metric_baseline = models.FloatField(
        _("metric before"), help_text=_("Value of the metric with today's way of working.")
    )
    sensitivity = models.FloatField(
        _("sensitivity"), help_text=_("Change of the KPI, in its unit, for one unit of the metric.")
    )
    sensitivity_sd = models.FloatField(_("its standard deviation"), default=0)
    units_per_year = models.FloatField(
        _("units a year"), help_text=_("How often the KPI counts in a year, for example parcels.")
    )
    units_label = models.CharField(_("what is counted"), max_length=60)
    worth_micro = models.BigIntegerField(
        _("worth of one KPI unit"), help_text=_("Millionths of a currency unit, for one counted unit.")
    )
    upkeep_minor = models.BigIntegerField(_("upkeep a year"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    basis = models.CharField(_("basis"), max_length=240, blank=True, help_text=_("Where the sensitivity comes from."))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("signed by")
    )
    signed_at = models.DateTimeField(_("signed at"), null=True)

    objects = ValueContractQuerySet.as_manager()

    class Meta:
        ordering = ["kpi", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kpi", "version"], name="one_contract_version"),
            models.UniqueConstraint(
                fields=["kpi"], condition=models.Q(status="signed"), name="one_signed_contract_per_kpi"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft", signed_at=None, signed_by=None)
                | ~models.Q(status="draft") & models.Q(signed_at__isnull=False, signed_by__isnull=False),
                name="signature_is_complete",
            ),
            models.CheckConstraint(
                condition=models.Q(sensitivity_sd__gte=0, units_per_year__gte=0), name="contract_spreads_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} v{self.version}"
