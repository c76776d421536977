"""Budgets: the money approved, its plan by period and stage in versions, and the tranches that release it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.querysets import (
    BudgetLineQuerySet,
    BudgetQuerySet,
    BudgetVersionQuerySet,
    FundingTrancheQuerySet,
)
from finance.sums import COLUMNS, Sums
from projects.models import Station


class Budget(models.Model):
    """The money of a project: control lines by category. How it is planned stands in its versions.

    Metered funding: only what tranches have released may be committed. Otherwise all that is approved is released.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="budgets", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    approved_on = models.DateField(_("approved on"))
    is_metered = models.BooleanField(_("released by tranches"), default=False)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["project", "-approved_on"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_budget_name_per_project")]

    def __str__(self) -> str:
        return f"{self.project.key} {self.name}"


class BudgetLine(models.Model):
    """Money for one category: what controls. Its sums stand beside the plan, so that one conditional UPDATE decides.

    available to commit = released - open reservations - open commitments - actuals. The sums are those of the
    documents: `check_invariants` recomputes them.
    """

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
    released_minor = models.BigIntegerField(_("released"), default=0)
    reserved_minor = models.BigIntegerField(_("reserved"), default=0)
    committed_minor = models.BigIntegerField(_("committed"), default=0)
    spent_minor = models.BigIntegerField(_("spent"), default=0)

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        ordering = ["budget", "category"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "category"], name="one_line_per_category"),
            models.CheckConstraint(
                condition=models.Q(
                    planned_minor__gte=0, released_minor__gte=0, reserved_minor__gte=0, committed_minor__gte=0
                ),
                name="plan_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.get_category_display()}"

    @property
    def policy_word(self) -> str:
        return self.Policy(self.policy).short

    @property
    def sums(self) -> Sums:
        """The columns as the verbs keep them."""
        return Sums(*(getattr(self, f"{name}_minor") for name in COLUMNS))

    @property
    def available_minor(self) -> int:
        return self.sums.available

    def allows(self, amount_minor: int) -> bool:
        """Whether so much more may be held on it; only a line that stops can say no."""
        return self.policy != self.Policy.STOP or self.available_minor >= amount_minor


class BudgetVersion(models.Model):
    """One plan of a budget by period, category and stage. The first approved is the baseline and is kept for ever."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        SUPERSEDED = "superseded", _("Superseded")

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="versions", verbose_name=_("budget"))
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    reason = models.CharField(_("reason"), max_length=240, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)

    objects = BudgetVersionQuerySet.as_manager()

    class Meta:
        ordering = ["budget", "number"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "number"], name="one_budget_version"),
            models.UniqueConstraint(
                fields=["budget"], condition=models.Q(status="approved"), name="one_approved_version_per_budget"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft", approved_at=None)
                | ~models.Q(status="draft") & models.Q(approved_at__isnull=False),
                name="approved_version_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} v{self.number}"


class PlanLine(models.Model):
    """Planned money of one version: period x category x stage, on a cost centre."""

    version = models.ForeignKey(BudgetVersion, models.CASCADE, related_name="plan_lines", verbose_name=_("version"))
    period = models.ForeignKey("finance.FiscalPeriod", models.PROTECT, related_name="+", verbose_name=_("period"))
    category = models.CharField(_("category"), max_length=8, choices=BudgetLine.Category)
    station = models.CharField(_("stage"), max_length=12, choices=Station)
    cost_centre = models.ForeignKey(
        "finance.CostCentre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cost centre")
    )
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        ordering = ["version", "period", "category", "station"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "period", "category", "station", "cost_centre"],
                name="one_plan_line_each",
            ),
            models.UniqueConstraint(
                fields=["version", "period", "category", "station"],
                condition=models.Q(cost_centre=None),
                name="one_plan_line_without_cost_centre",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="plan_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.period} {self.category} {self.station}"


class FundingTranche(models.Model):
    """Part of a metered budget that a gate releases: a `go` opens the money of the next stage."""

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="tranches", verbose_name=_("budget"))
    station = models.CharField(_("for the stage"), max_length=12, choices=Station)
    released_at = models.DateTimeField(_("released at"), null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("released by")
    )
    reference = models.CharField(
        _("released for"), max_length=80, null=True, unique=True, help_text=_("For example gate-decision:12.")
    )
    expires_on = models.DateField(_("expires on"), null=True, blank=True)

    objects = FundingTrancheQuerySet.as_manager()

    class Meta:
        ordering = ["budget", "id"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "station"], name="one_tranche_per_stage"),
            models.CheckConstraint(
                condition=models.Q(released_at=None, released_by=None)
                | models.Q(released_at__isnull=False, released_by__isnull=False),
                name="release_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.get_station_display()}"


class TrancheLine(models.Model):
    """What a tranche releases on one control line."""

    tranche = models.ForeignKey(FundingTranche, models.CASCADE, related_name="lines", verbose_name=_("tranche"))
    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="tranche_lines", verbose_name=_("line"))
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tranche", "line"], name="one_tranche_line_each"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="tranche_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.tranche} {self.line}"
