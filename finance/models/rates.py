"""Prices: of machine time, of an hour of a role, and of one currency in another."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import ExchangeRateQuerySet, RateCardQuerySet, RoleRateQuerySet


class RateCard(models.Model):
    """Prices of machine time, versioned: a price change is a new row. Rates are millionths of a currency unit.

    For one day the card with the latest `valid_from` not after it counts, of equal ones the highest version.
    `valid_to` is exclusive. Cards of before `recorded_at` was kept name none.
    """

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"))
    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), null=True, blank=True, editable=False)
    cpu_core_hour_micro = models.BigIntegerField(_("CPU core-hour"))
    gpu_hour_micro = models.BigIntegerField(_("GPU-hour"))
    gib_hour_micro = models.BigIntegerField(_("GiB-hour"))
    kwh_micro = models.BigIntegerField(_("kWh"))
    watt_per_core = models.DecimalField(_("watt per core"), max_digits=6, decimal_places=2)
    watt_per_gpu = models.DecimalField(_("watt per GPU"), max_digits=6, decimal_places=2)

    objects = RateCardQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_rate_card_version"),
            models.CheckConstraint(
                condition=models.Q(
                    cpu_core_hour_micro__gte=0,
                    gpu_hour_micro__gte=0,
                    gib_hour_micro__gte=0,
                    kwh_micro__gte=0,
                    watt_per_core__gte=0,
                    watt_per_gpu__gte=0,
                ),
                name="rates_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="rate_card_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class RoleRate(models.Model):
    """What an hour of a role costs from a day on. What was known when stands in `recorded_at`: rows only ever come.

    For one day the row with the latest `valid_from` not after it counts, of equal ones the latest recorded. `valid_to`
    is exclusive. Append-only by trigger.
    """

    role = models.ForeignKey("people.JobRole", models.PROTECT, related_name="rates", verbose_name=_("role"))
    hour_minor = models.BigIntegerField(_("an hour"))
    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number in the source"), max_length=80)

    objects = RoleRateQuerySet.as_manager()

    class Meta:
        ordering = ["role", "-valid_from", "-recorded_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_role_rate_per_source_and_id"),
            models.CheckConstraint(condition=models.Q(hour_minor__gte=0), name="role_rate_not_negative"),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="role_rate_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.valid_from}"


class ExchangeRate(models.Model):
    """One unit of `base` in units of `quote`, in thousand-millionths. A correction is another row. Append-only."""

    class Kind(models.TextChoices):
        SPOT = "spot", _("Spot")
        AVERAGE = "average", _("Average of the month")
        CLOSING = "closing", _("Closing")
        BUDGET = "budget", _("Budget")

    base = models.CharField(_("currency"), max_length=3)
    quote = models.CharField(_("in"), max_length=3)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    valid_on = models.DateField(_("of the day"))
    rate_nano = models.BigIntegerField(_("rate"))
    source = models.CharField(_("source"), max_length=80)
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        ordering = ["base", "quote", "kind", "-valid_on", "-recorded_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(rate_nano__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=~models.Q(base=models.F("quote")), name="exchange_needs_two_currencies"),
        ]
        indexes = [models.Index(fields=["base", "quote", "kind", "-valid_on"], name="exchange_rate_of_a_day")]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.kind} {self.valid_on}"

    @property
    def rate(self) -> Decimal:
        return Decimal(self.rate_nano) / 1_000_000_000

    @property
    def in_words(self) -> str:
        """As people say it: 1 USD = 0.92 EUR."""
        return f"1 {self.base} = {self.rate.normalize():f} {self.quote}"
