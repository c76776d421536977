"""The queue of record: a job is a row; a broker message only says "look"."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from trainingjobs.querysets import CardAdjustmentQuerySet, TrainingJobQuerySet, WorkerQuerySet
from trainingjobs.time_limit import StopAtLimit, stop_at_limit

if TYPE_CHECKING:
    from engine.recipe import Recipe


class JobState(models.TextChoices):
    """awaiting -> queued -> running -> succeeded | failed | cancelled; a running job goes back to queued when its
    worker is lost, and to paused when it is asked or has reached its budget."""

    AWAITING = "awaiting", _("Awaiting approval")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    SUCCEEDED = "succeeded", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def tone(self) -> str:
        tones = {"running": "line", "succeeded": "good", "failed": "bad", "awaiting": "warn", "paused": "warn"}
        return tones.get(self.value, "")

    @property
    def icon(self) -> str:
        icons = {
            "awaiting": "gate",
            "queued": "clock",
            "running": "live",
            "paused": "pause",
            "succeeded": "check",
            "failed": "stopsign",
            "cancelled": "x",
        }
        return icons[self.value]


TERMINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class Resource(models.TextChoices):
    """What a job holds while it runs, and so the queue in which it waits."""

    CPU = "cpu", _("CPU")
    GPU = "gpu", _("GPU")

    @classmethod
    def of(cls, recipe: "Recipe") -> Self:
        """The queue that jobs of this recipe wait in."""
        return cls.GPU if recipe.gpus else cls.CPU


class Priority(models.IntegerChoices):
    LOW = -1, _("Low")
    NORMAL = 0, _("Normal")
    HIGH = 1, _("High")


class PauseReason(models.TextChoices):
    ASKED = "asked", _("Somebody asked for it")
    BUDGET = "budget", _("Its money is used up")


class TrainingJob(models.Model):
    """One submitted job. `fence` grows with every claim; an effect of an older fence changes nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="jobs", verbose_name=_("project"))
    number = models.PositiveIntegerField(_("number"))
    recipe = models.SlugField(_("recipe"))
    params = models.JSONField(_("settings"))
    parent = models.ForeignKey(
        "experiments.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("start from"),
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs", verbose_name=_("by")
    )
    submitted_at = models.DateTimeField(_("submitted"))
    submission = models.UUIDField(
        null=True,
        unique=True,
        editable=False,
        help_text="Token of the form it came from: a form sent twice is one job.",
    )

    retry_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="retries", verbose_name=_("retry of")
    )
    resource = models.CharField(_("queue"), max_length=3, choices=Resource, default=Resource.CPU)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    time_limit_s = models.FloatField(
        _("time limit"), null=True, blank=True, help_text=_("Seconds that it may run, over all attempts.")
    )
    needs_approval = models.BooleanField(_("needs approval"), default=False)

    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    queued_at = models.DateTimeField(_("in the queue since"), null=True)
    hinted_at = models.DateTimeField(null=True, help_text="When a worker was last told to look at it.")
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    lost_workers = models.PositiveIntegerField(default=0)
    trainer_deaths = models.PositiveIntegerField(default=0, help_text="In a row without a new checkpoint.")
    checkpoint = models.CharField(
        max_length=200, blank=True, help_text="Newest good one, relative to the job's folder."
    )
    cancel_requested_at = models.DateTimeField(null=True)
    pause_requested_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(_("why it is paused"), max_length=6, choices=PauseReason, blank=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    epoch = models.FloatField(default=0)
    epochs = models.PositiveIntegerField(default=0)
    progress_message = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_mend = models.TextField(blank=True)

    rate_card = models.ForeignKey("finance.RateCard", models.PROTECT, related_name="+", verbose_name=_("rate card"))
    reservation = models.OneToOneField("finance.Reservation", models.PROTECT, related_name="job")
    forecast_seconds_low = models.FloatField()
    forecast_seconds_mid = models.FloatField()
    forecast_seconds_high = models.FloatField()
    forecast_micro_low = models.BigIntegerField()
    forecast_micro_mid = models.BigIntegerField()
    forecast_micro_high = models.BigIntegerField()
    cpu_core_seconds = models.FloatField(default=0)
    gpu_seconds = models.FloatField(default=0)
    gib_seconds = models.FloatField(default=0)
    energy_wh = models.FloatField(default=0)
    cost_micro = models.BigIntegerField(_("cost"), default=0, help_text="Millionths of a currency unit, so far.")
    charge = models.OneToOneField("finance.JournalEntry", models.PROTECT, null=True, related_name="job")

    run = models.OneToOneField("experiments.Run", models.PROTECT, null=True, related_name="job", verbose_name=_("run"))

    objects = TrainingJobQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_job_number_per_project"),
            models.CheckConstraint(
                condition=models.Q(state="running", lease_until__isnull=False) | ~models.Q(state="running"),
                name="running_job_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False)
                | models.Q(state__in=["awaiting", "queued", "running", "paused"], finished_at=None),
                name="terminal_job_has_end",
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused") ^ models.Q(pause_reason=""),
                name="paused_job_says_why",
            ),
            models.CheckConstraint(condition=models.Q(priority__range=(-1, 1)), name="priority_low_to_high"),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"]),
            models.Index(fields=["project", "-submitted_at"]),
            models.Index(fields=["recipe", "state", "-finished_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.project.key, self.number])

    @property
    def name(self) -> str:
        return f"{self.project.key}-{self.number}"

    @property
    def status(self) -> JobState:
        return JobState(self.state)

    @property
    def error_words(self) -> str:
        """The cause of a failure in a word or two: `out of memory`."""
        return self.error_code.replace("_", " ").replace("-", " ")

    @property
    def stop_at_limit(self) -> StopAtLimit | None:
        """Whether its forecast says that the time limit stops it before its work is done."""
        return stop_at_limit(self.time_limit_s, self.forecast_seconds_mid, self.forecast_seconds_high)

    @property
    def share_done(self) -> float:
        return min(1.0, self.step / self.steps) if self.steps else 0.0


class Attempt(models.Model):
    """One claim of a job by one worker, and how it ended."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        DIED = "died", _("Trainer died")
        LOST = "lost", _("Worker lost")
        CANCELLED = "cancelled", _("Cancelled")
        RELEASED = "released", _("Handed back")
        PAUSED = "paused", _("Paused")

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="attempts")
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    pid = models.PositiveIntegerField(null=True)
    pid_started = models.FloatField(
        null=True, help_text="Start time of the process, so that a pid used again is not taken for it."
    )
    started_at = models.DateTimeField()
    is_warm = models.BooleanField(
        null=True, help_text="Whether a trainer took it that had its libraries in memory already."
    )
    first_event_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    exit_code = models.IntegerField(null=True)
    cpu_core_seconds = models.FloatField(default=0)
    gib_seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["job", "fence"]
        constraints = [models.UniqueConstraint(fields=["job", "fence"], name="one_attempt_per_fence")]

    def __str__(self) -> str:
        return f"{self.job} attempt {self.fence}"

    @property
    def wake_s(self) -> float | None:
        """Seconds from the claim to the first event of the trainer."""
        return (self.first_event_at - self.started_at).total_seconds() if self.first_event_at else None

    @property
    def ended_badly(self) -> bool:
        """Only then does the exit code of the trainer tell anything; one that was told to stop always has one."""
        return self.outcome in {self.Outcome.FAILED, self.Outcome.DIED, self.Outcome.LOST}


class Approval(models.Model):
    """A manager's decision on the price of one job. `digest` says on what: other settings, another time limit or
    another price void it; another priority does not, because it costs nothing."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="approvals")
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    digest = models.CharField(max_length=64)
    reserved_minor = models.BigIntegerField(_("price decided on"))
    voided_at = models.DateTimeField(_("voided"), null=True)

    class Meta:
        ordering = ["job", "-id"]

    def __str__(self) -> str:
        return f"{self.decision} {self.job}"


class CardAdjustment(models.Model):
    """What a late rate card changed for one job: the difference, posted into the open period. Append-only."""

    job = models.ForeignKey(TrainingJob, models.PROTECT, related_name="card_adjustments")
    journal_entry = models.ForeignKey("finance.JournalEntry", models.PROTECT, related_name="card_adjustments")
    amount_minor = models.BigIntegerField(_("difference"))

    objects = CardAdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "journal_entry"], name="one_card_adjustment_per_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.amount_minor}"


class Worker(models.Model):
    """A worker that says from time to time that it is there, and which queues it serves."""

    name = models.CharField(_("worker"), max_length=120, unique=True)
    resources = models.CharField(_("serves"), max_length=20, help_text="Comma-separated: cpu,gpu.")
    slots = models.PositiveIntegerField(_("slots"))
    started_at = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("seen"))

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def serves(self, resource: str) -> bool:
        return resource in self.resources.split(",")

    @property
    def serves_words(self) -> str:
        return ", ".join(str(resource.label) for resource in Resource if self.serves(resource))


class SlotHour(models.Model):
    """How long the slots of all workers of the same queues were there in one hour, and how long they stood free.

    Heartbeats add to it: what none vouches for is not in it.
    """

    hour = models.DateTimeField(_("hour"), help_text="Its beginning.")
    resources = models.CharField(_("serves"), max_length=20, help_text="Comma-separated: cpu,gpu.")
    there_s = models.FloatField(_("slot-seconds there"), default=0)
    free_s = models.FloatField(_("slot-seconds free"), default=0)
    free_core_s = models.FloatField(_("core-seconds free"), default=0, help_text="Of the cores that free slots hold.")

    class Meta:
        ordering = ["-hour", "resources"]
        constraints = [
            models.UniqueConstraint(fields=["hour", "resources"], name="one_slot_hour_per_queues"),
            models.CheckConstraint(
                condition=models.Q(there_s__gte=0, free_s__gte=0, free_core_s__gte=0), name="slot_time_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resources} {self.hour:%Y-%m-%d %H:00}"


class StepTiming(models.Model):
    """What a dry run measured: a few steps of a recipe with these settings, before there is any history."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for a worker")
        MEASURED = "measured", _("Measured")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipe = models.SlugField(_("recipe"))
    params = models.JSONField(_("settings"))
    parent = models.ForeignKey("experiments.ModelVersion", models.CASCADE, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, db_index=True, help_text="Of recipe, settings and parent.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    measured_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    startup_s = models.FloatField(null=True, help_text="From the start of the trainer to its first step.")
    step_s = models.FloatField(null=True)
    steps = models.PositiveIntegerField(null=True, help_text="Steps that the whole job would take.")
    timed_steps = models.PositiveIntegerField(null=True)
    cpu_core_seconds = models.FloatField(null=True)
    gib = models.FloatField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.recipe} {self.state}"
