"""What a project promises to bring, what it brought, and the case that was made for it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outcomes.querysets import BenefitQuerySet, OfProjectQuerySet


class Benefit(models.Model):
    """One promise of a project, with an owner in the business. It outlives the project."""

    class Kind(models.TextChoices):
        CASHABLE = "cashable", _("Cashable")
        NON_CASHABLE = "non_cashable", _("Not cashable")
        DISBENEFIT = "disbenefit", _("Disbenefit")

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="benefits", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.CASHABLE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    kpi = models.ForeignKey(
        "outcomes.Kpi", models.PROTECT, null=True, blank=True, related_name="benefits", verbose_name=_("KPI")
    )
    contract = models.ForeignKey(
        "outcomes.ValueContract",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="benefits",
        verbose_name=_("value contract"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    baseline_minor = models.BigIntegerField(_("a month before"), default=0)
    tolerance_percent = models.PositiveSmallIntegerField(
        _("shortfall allowed in percent"), default=20, validators=[MaxValueValidator(100)]
    )
    created_at = models.DateTimeField(_("promised at"))

    objects = BenefitQuerySet.as_manager()

    class Meta:
        ordering = ["project", "name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_benefit_name_per_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("benefit", args=[self.pk])


class BenefitPlan(models.Model):
    """What a benefit promises for one month. It does not change once the month has been realised."""

    benefit = models.ForeignKey(Benefit, models.CASCADE, related_name="plan", verbose_name=_("benefit"))
    month = models.DateField(_("month"), help_text=_("Its first day."))
    planned_minor = models.BigIntegerField(_("planned"))

    class Meta:
        ordering = ["benefit", "month"]
        constraints = [models.UniqueConstraint(fields=["benefit", "month"], name="one_benefit_plan_per_month")]

    def __str__(self) -> str:
        return f"{self.benefit} {self.month:%Y-%m}"


class BenefitRealisation(models.Model):
    """What a benefit really brought in one month, and the share that is owed to the project. Append-only.

    A correction is another row for the month: the latest recorded counts.
    """

    benefit = models.ForeignKey(Benefit, models.PROTECT, related_name="realisations", verbose_name=_("benefit"))
    month = models.DateField(_("month"))
    actual_minor = models.BigIntegerField(_("realised"))
    attributed_percent = models.PositiveSmallIntegerField(
        _("owed to the project, in percent"), default=100, validators=[MaxValueValidator(100)]
    )
    note = models.CharField(_("note"), max_length=240, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["benefit", "month", "recorded_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(attributed_percent__lte=100), name="attribution_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.benefit} {self.month:%Y-%m}"


class BusinessCase(models.Model):
    """One version of the case for a project: its cash flows and the rate at which the future is discounted."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="cases", verbose_name=_("project"))
    version = models.PositiveIntegerField(_("version"))
    currency = models.CharField(_("currency"), max_length=3)
    discount_rate_bp = models.PositiveIntegerField(
        _("discount rate a year"),
        validators=[MaxValueValidator(10_000)],
        help_text=_("In hundredths of a percent: 800 is 8 %."),
    )
    starts_on = models.DateField(_("begins"), help_text=_("The day that year 0 stands for."))
    note = models.CharField(_("note"), max_length=240, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ["project", "-version"]
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="one_case_version")]

    def __str__(self) -> str:
        return f"{self.project.key} v{self.version}"


class CashFlow(models.Model):
    """Money of one year of a case: cost and benefit, both zero or more, and the stage that has to succeed for it."""

    case = models.ForeignKey(BusinessCase, models.CASCADE, related_name="flows", verbose_name=_("case"))
    year = models.PositiveSmallIntegerField(_("year"), validators=[MaxValueValidator(30)])
    cost_minor = models.BigIntegerField(_("cost"), validators=[MinValueValidator(0)])
    benefit_minor = models.BigIntegerField(_("benefit"), validators=[MinValueValidator(0)])
    p_cumulative_percent = models.PositiveSmallIntegerField(
        _("probability that it comes to this, in percent"), default=100, validators=[MaxValueValidator(100)]
    )

    class Meta:
        ordering = ["case", "year"]
        constraints = [
            models.UniqueConstraint(fields=["case", "year"], name="one_cash_flow_per_year"),
            models.CheckConstraint(
                condition=models.Q(cost_minor__gte=0, benefit_minor__gte=0, p_cumulative_percent__lte=100),
                name="cash_flow_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.year}"
