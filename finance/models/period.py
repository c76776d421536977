"""When money counts and where it belongs."""

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import FiscalPeriodQuerySet


class FiscalPeriod(models.Model):
    """A span of days that is closed as a whole. `ends_on` is exclusive. Where no period is defined, postings are free.

    Open: everybody who may posts. Soft-closed: only finance, by hand or by its system. Closed: nobody, nothing moves.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SOFT_CLOSED = "soft_closed", _("Soft-closed")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=20, unique=True, help_text=_("For example 2026-11."))
    starts_on = models.DateField(_("begins"), unique=True)
    ends_on = models.DateField(_("ends before"))
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )

    objects = FiscalPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")), name="period_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def holds(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on


class CostCentre(models.Model):
    """Where costs belong in the books of the company. `valid_to` is exclusive."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
