"""Contracts that say what a model metric is worth."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outcomes.models.kpi import Kpi
from outcomes.querysets import ValueContractQuerySet


class ValueContract(models.Model):
    """A versioned formula from a model metric to a KPI to money per year.

    effect on the KPI = sensitivity x (metric - metric_baseline), in KPI units;
    gross per year = effect x better sign x units_per_year x worth per KPI unit; net = gross - upkeep.
    A signed contract never changes: a new version replaces it. Unsigned, its figure is a hypothesis.
    """

    class Method(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        REGRESSION = "regression", _("Estimated from measurements")

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
    method = models.CharField(_("how the sensitivity was found"), max_length=10, choices=Method, default=Method.AGREED)
    estimate = models.JSONField(_("figures of the estimate"), default=dict, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True, help_text=_("Exclusive; empty: until replaced."))
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

    @property
    def standing(self) -> Status:
        """What it is today, or on the day that `with_standing` was asked for."""
        if not hasattr(self, "stands"):
            self.stands = type(self)._default_manager.with_standing().values_list("stands", flat=True).get(pk=self.pk)
        return self.Status(self.stands)
