"""Stage gates: what must be shown, the frozen evidence, and the decision on it. A gate is a valve on money."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outcomes.querysets import GateDecisionQuerySet, GateReviewQuerySet
from projects.models import Horizon, Station


class Gate(models.Model):
    """The gate before one station, with the criteria of one horizon."""

    horizon = models.CharField(_("horizon"), max_length=16, choices=Horizon)
    station = models.CharField(_("opens"), max_length=12, choices=Station)
    title = models.CharField(_("question"), max_length=160)
    pass_percent = models.PositiveSmallIntegerField(_("share of weights that should be met, in percent"), default=60)

    class Meta:
        ordering = ["horizon", "id"]
        constraints = [
            models.UniqueConstraint(fields=["horizon", "station"], name="one_gate_per_horizon_and_station"),
            models.CheckConstraint(condition=~models.Q(station="demand"), name="no_gate_before_the_demand"),
            models.CheckConstraint(condition=models.Q(pass_percent__lte=100), name="gate_pass_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.get_horizon_display()}: {self.title}"


class GateCriterion(models.Model):
    """One thing to be shown at a gate, bound to a live fact of the project or to a check list."""

    class Kind(models.TextChoices):
        MUST_MEET = "must_meet", _("Must meet")
        SHOULD_MEET = "should_meet", _("Should meet")

    class Fact(models.TextChoices):
        MODEL_METRIC = "model_metric", _("Metric of the best model")
        LATENCY_MS = "latency_ms", _("Latency of the best model in ms")
        COST_SHARE = "cost_share", _("Share of the approved budget that is used or spoken for, in percent")
        AVAILABLE = "available", _("Money available to commit")
        KPI_REACHED = "kpi_reached", _("Way to the KPI target, in percent")
        FEEDBACK = "feedback", _("Mean feedback of 90 days")
        VALUE_SIGNED = "value_signed", _("Signed value contracts")
        OPEN_RISK = "open_risk", _("Exposure of open risks")
        CHECK = "check", _("Check list")

    class Comparison(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="criteria", verbose_name=_("gate"))
    position = models.PositiveSmallIntegerField(_("position"))
    title = models.CharField(_("what must be shown"), max_length=160)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[MinValueValidator(1)])
    fact = models.CharField(_("read from"), max_length=14, choices=Fact)
    metric = models.CharField(_("metric"), max_length=80, blank=True)
    comparison = models.CharField(_("comparison"), max_length=8, choices=Comparison, default=Comparison.AT_LEAST)
    threshold = models.FloatField(_("threshold"), null=True, blank=True)

    class Meta:
        ordering = ["gate", "position"]
        constraints = [
            models.UniqueConstraint(fields=["gate", "position"], name="one_criterion_per_position"),
            models.CheckConstraint(
                condition=models.Q(fact="check") | models.Q(threshold__isnull=False), name="live_fact_has_threshold"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class GateReview(models.Model):
    """A project before a gate: check lists are answered, then the evidence is frozen and somebody decides."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="reviews", verbose_name=_("project"))
    gate = models.ForeignKey(Gate, models.PROTECT, related_name="reviews", verbose_name=_("gate"))
    number = models.PositiveIntegerField(_("number"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("to be decided by"), null=True, blank=True)
    checks = models.JSONField(_("answers of the check list"), default=dict, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = GateReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_review_number_per_project")]

    def __str__(self) -> str:
        return f"{self.project.key} {self.gate.title}"

    def get_absolute_url(self) -> str:
        return reverse("gate-review", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and not hasattr(self, "decision")


class EvidenceSnapshot(models.Model):
    """What the criteria read at one moment. The digest is SHA-256 of the facts as canonical JSON. Append-only."""

    review = models.ForeignKey(GateReview, models.PROTECT, related_name="snapshots", verbose_name=_("review"))
    taken_at = models.DateTimeField(_("taken at"))
    facts = models.JSONField(_("facts"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        ordering = ["review", "taken_at"]

    def __str__(self) -> str:
        return self.digest[:12]


class GateDecision(models.Model):
    """What was decided on the evidence, why and by whom. Append-only; a later review may decide otherwise.

    The signature is SHA-256 over the evidence digest, outcome, reasons, conditions, person and moment.
    """

    class Outcome(models.TextChoices):
        GO = "go", _("Go")
        CONDITIONAL_GO = "conditional_go", _("Go with conditions")
        HOLD = "hold", _("Hold")
        RECYCLE = "recycle", _("Do it again")
        KILL = "kill", _("Stop the project")

        @property
        def tone(self) -> str:
            return {"go": "good", "conditional_go": "good", "hold": "warn", "recycle": "warn", "kill": "bad"}[
                self.value
            ]

        @property
        def symbol(self) -> str:
            symbols = {"go": "check", "conditional_go": "check", "hold": "pause", "recycle": "again", "kill": "stop"}
            return symbols[self.value]

        @property
        def opens(self) -> bool:
            """Whether the project enters the station behind the gate."""
            return self in {type(self).GO, type(self).CONDITIONAL_GO}

    review = models.OneToOneField(GateReview, models.PROTECT, related_name="decision", verbose_name=_("review"))
    snapshot = models.OneToOneField(
        EvidenceSnapshot, models.PROTECT, related_name="decision", verbose_name=_("evidence")
    )
    outcome = models.CharField(_("outcome"), max_length=14, choices=Outcome)
    reasons = models.TextField(_("reasons"))
    conditions = models.TextField(_("conditions"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"))
    signature = models.CharField(_("signature"), max_length=64)
    effects = models.JSONField(_("what it did"), default=dict, blank=True)

    objects = GateDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(outcome="conditional_go") | ~models.Q(conditions=""),
                name="conditional_go_names_conditions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review}: {self.get_outcome_display()}"

    @property
    def result(self) -> Outcome:
        return self.Outcome(self.outcome)
