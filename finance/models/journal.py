"""The double-entry ledger: rows are only ever added, database triggers refuse the rest."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import JournalEntryQuerySet, LedgerEntryQuerySet, TimeEntryQuerySet


class JournalEntry(models.Model):
    """One posted business fact. Never edited, only reversed; its ledger entries sum to zero. Append-only by trigger."""

    class Kind(models.TextChoices):
        ACTUAL = "actual", _("Actual")
        ACCRUAL = "accrual", _("Accrual")
        ADJUSTMENT = "adjustment", _("Adjustment")
        REVERSAL = "reversal", _("Reversal")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ACTUAL)
    posted_at = models.DateTimeField(_("posted at"), db_index=True)
    effective_on = models.DateField(_("effective on"), db_index=True)
    currency = models.CharField(_("currency"), max_length=3)
    memo = models.CharField(_("memo"), max_length=200)
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("external id"), max_length=80)
    transaction_currency = models.CharField(_("currency of the document"), max_length=3, blank=True)
    transaction_minor = models.BigIntegerField(_("amount of the document"), null=True)
    exchange_rate = models.ForeignKey("finance.ExchangeRate", models.PROTECT, null=True, related_name="+")
    budget_rate = models.ForeignKey("finance.ExchangeRate", models.PROTECT, null=True, related_name="+", db_index=False)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rate_card = models.ForeignKey("finance.RateCard", models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-id"]
        verbose_name_plural = _("journal entries")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_entry_per_source_and_id")]

    def __str__(self) -> str:
        return self.memo


class LedgerEntry(models.Model):
    """One side of a journal entry: debit positive, credit negative. Append-only by trigger.

    A variance that names its order is what rates had changed between budget and order; one that names none is since
    the order, or since the budget where nothing was ordered.
    """

    class Account(models.TextChoices):
        EXPENSE = "expense", _("Project expense")
        FX_VARIANCE = "fx_variance", _("Exchange rate variance")
        CLEARING = "clearing", _("Internal clearing")

    journal_entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="entries")
    account = models.CharField(_("account"), max_length=11, choices=Account)
    line = models.ForeignKey("finance.BudgetLine", models.PROTECT, null=True, related_name="ledger_entries")
    commitment = models.ForeignKey("finance.Commitment", models.PROTECT, null=True, related_name="ledger_entries")
    cost_centre = models.ForeignKey("finance.CostCentre", models.PROTECT, null=True, related_name="ledger_entries")
    station = models.CharField(_("stage"), max_length=12, blank=True)
    amount_minor = models.BigIntegerField(_("amount"))

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account__in=["expense", "fx_variance"], line__isnull=False)
                | models.Q(account="clearing", line=None),
                name="expense_names_its_line",
            ),
        ]
        indexes = [
            models.Index(fields=["line"], condition=models.Q(account="fx_variance"), name="exchange_variance_of_a_line")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"


class MonthSpend(models.Model):
    """What a control line has cost in one month, by the day it took effect: kept by the verbs that post.

    Boards read this instead of the ledger; `check_invariants` recomputes it.
    """

    line = models.ForeignKey("finance.BudgetLine", models.PROTECT, related_name="months")
    month = models.DateField(_("month"), db_index=True)
    amount_minor = models.BigIntegerField(_("amount"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "month"], name="one_sum_per_line_and_month")]

    def __str__(self) -> str:
        return f"{self.line} {self.month:%Y-%m}"


class TimeEntry(models.Model):
    """Hours that one person worked for a project on one day; its cost is posted at the rate of the role. Append-only.

    A correction is another row with the difference, which may be negative.
    """

    employment = models.ForeignKey(
        "people.Employment", models.PROTECT, related_name="time_entries", verbose_name=_("person")
    )
    line = models.ForeignKey("finance.BudgetLine", models.PROTECT, related_name="time_entries", verbose_name=_("line"))
    worked_on = models.DateField(_("day"), db_index=True)
    minutes = models.IntegerField(_("minutes"))
    station = models.CharField(_("stage"), max_length=12, blank=True)
    journal_entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="time_entries")
    role_rate = models.ForeignKey("finance.RoleRate", models.PROTECT, related_name="+", verbose_name=_("rate"))
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number in the source"), max_length=80)
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = TimeEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-worked_on", "-id"]
        verbose_name_plural = _("time entries")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_time_entry_per_source")]

    def __str__(self) -> str:
        return f"{self.employment} {self.worked_on}"


class RateAdjustment(models.Model):
    """What a late rate changed for one time entry: the difference, posted into the open period. Append-only."""

    time_entry = models.ForeignKey(TimeEntry, models.PROTECT, related_name="adjustments")
    role_rate = models.ForeignKey("finance.RoleRate", models.PROTECT, related_name="adjustments")
    journal_entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="rate_adjustments")
    amount_minor = models.BigIntegerField(_("difference"))
    variance_minor = models.BigIntegerField(_("of it by exchange rates"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["time_entry", "journal_entry"], name="one_adjustment_per_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.time_entry} {self.amount_minor}"
