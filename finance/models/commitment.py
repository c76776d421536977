"""Money that is spoken for: approved intent, then what is legally owed. Each next document relieves the one before."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.budget import BudgetLine
from finance.querysets import CommitmentQuerySet


class Reservation(models.Model):
    """Approved intent to spend. It ends once: relieved by the actual, or released because nothing was spent."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RELIEVED = "relieved", _("Relieved by an actual")
        RELEASED = "released", _("Released")

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="reservations")
    amount_minor = models.BigIntegerField(_("amount"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    reference = models.CharField(
        _("for"), max_length=80, unique=True, help_text=_("What it is for, for example job:<id>.")
    )
    created_at = models.DateTimeField(_("reserved at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="reservation_not_negative"),
            models.CheckConstraint(
                condition=models.Q(status="open", ended_at=None)
                | ~models.Q(status="open") & models.Q(ended_at__isnull=False),
                name="ended_reservation_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount_minor}"


class Commitment(models.Model):
    """Legally owed and not yet invoiced, such as an order. Actuals relieve it; `open_minor` is what is left.

    A foreign order keeps its own currency and the rate of its day: what the invoice costs more or less for the rate
    alone is posted as exchange rate variance. Beside it stands what it costs by the rate that the budget was made with.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RELIEVED = "relieved", _("Relieved by actuals")
        CANCELLED = "cancelled", _("Cancelled")

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="commitments", verbose_name=_("line"))
    reservation = models.OneToOneField(
        Reservation, models.PROTECT, null=True, blank=True, related_name="commitment", verbose_name=_("relieves")
    )
    supplier = models.CharField(_("supplier"), max_length=120)
    memo = models.CharField(_("for what"), max_length=200)
    amount_minor = models.BigIntegerField(_("amount"))
    open_minor = models.BigIntegerField(_("open"))
    transaction_currency = models.CharField(_("currency of the order"), max_length=3, blank=True)
    transaction_minor = models.BigIntegerField(_("amount of the order"), null=True)
    exchange_rate = models.ForeignKey("finance.ExchangeRate", models.PROTECT, null=True, related_name="+")
    budget_rate = models.ForeignKey("finance.ExchangeRate", models.PROTECT, null=True, related_name="+")
    budgeted_minor = models.BigIntegerField(_("amount at the budget rate"), null=True, blank=True)
    is_cancellable = models.BooleanField(_("may be cancelled"), default=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.OPEN)
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number in the source"), max_length=80)
    created_at = models.DateTimeField(_("committed at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_commitment_per_source_and_id"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0, open_minor__gte=0, open_minor__lte=models.F("amount_minor")),
                name="commitment_open_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", ended_at=None)
                | ~models.Q(status="open") & models.Q(ended_at__isnull=False, open_minor=0),
                name="ended_commitment_has_time_and_nothing_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.memo}"
