"""Budgets, what is reserved against them, what was really spent, and the prices of machine time."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import (
    BudgetLineQuerySet,
    BudgetQuerySet,
    JournalEntryQuerySet,
    LedgerEntryQuerySet,
    RateCardQuerySet,
)


class RateCard(models.Model):
    """Prices of machine time, versioned: a price change is a new row. Rates are millionths of a currency unit."""

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"))
    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
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
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Budget(models.Model):
    """The money approved for a project, made of lines by category."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="budgets", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    approved_on = models.DateField(_("approved on"))

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["project", "-approved_on"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_budget_name_per_project")]

    def __str__(self) -> str:
        return f"{self.project.key} {self.name}"


class BudgetLine(models.Model):
    """Money for one category. `reserved` and `spent` stand beside the plan so that one conditional UPDATE decides."""

    class Category(models.TextChoices):
        COMPUTE = "compute", _("Compute")
        PEOPLE = "people", _("People")
        DATA = "data", _("Data and labelling")
        OTHER = "other", _("Other")

    class Policy(models.TextChoices):
        STOP = "stop", _("Stop: refuse what goes over")
        WARN = "warn", _("Warn: allow it and say so")
        IGNORE = "ignore", _("Ignore: the plan is only a plan")

        @property
        def short(self) -> str:
            """What the line does when it is used up, after its name: `Compute stops`."""
            return str({"stop": _("stops"), "warn": _("warns"), "ignore": _("is only a plan")}[self.value])

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="lines", verbose_name=_("budget"))
    category = models.CharField(_("category"), max_length=8, choices=Category)
    policy = models.CharField(_("when it is used up"), max_length=6, choices=Policy, default=Policy.STOP)
    planned_minor = models.BigIntegerField(_("planned"))
    reserved_minor = models.BigIntegerField(_("reserved"), default=0)
    spent_minor = models.BigIntegerField(_("spent"), default=0)

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        ordering = ["budget", "category"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "category"], name="one_line_per_category"),
            models.CheckConstraint(
                condition=models.Q(planned_minor__gte=0, reserved_minor__gte=0), name="plan_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.get_category_display()}"

    @property
    def policy_word(self) -> str:
        return self.Policy(self.policy).short

    @property
    def available_minor(self) -> int:
        return self.planned_minor - self.reserved_minor - self.spent_minor

    def allows(self, amount_minor: int) -> bool:
        """Whether so much more may be held on it; only a line that stops can say no."""
        return self.policy != self.Policy.STOP or self.available_minor >= amount_minor


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


class JournalEntry(models.Model):
    """One posted business fact. Never edited, only reversed; its ledger entries sum to zero. Append-only by trigger."""

    posted_at = models.DateTimeField(_("posted at"))
    effective_on = models.DateField(_("effective on"), db_index=True)
    currency = models.CharField(_("currency"), max_length=3)
    memo = models.CharField(_("memo"), max_length=200)
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("external id"), max_length=80)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rate_card = models.ForeignKey(RateCard, models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-id"]
        verbose_name_plural = _("journal entries")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_entry_per_source_and_id")]

    def __str__(self) -> str:
        return self.memo


class LedgerEntry(models.Model):
    """One side of a journal entry: debit positive, credit negative. Append-only by trigger."""

    class Account(models.TextChoices):
        EXPENSE = "expense", _("Project expense")
        CLEARING = "clearing", _("Internal clearing")

    journal_entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="entries")
    account = models.CharField(_("account"), max_length=8, choices=Account)
    line = models.ForeignKey(BudgetLine, models.PROTECT, null=True, related_name="ledger_entries")
    amount_minor = models.BigIntegerField(_("amount"))

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account="expense", line__isnull=False) | models.Q(account="clearing", line=None),
                name="expense_names_its_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"
