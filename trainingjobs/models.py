"""The queue of record: a job is a row; a broker message only says "look"."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from trainingjobs.querysets import OutboxQuerySet, TrainingJobQuerySet


class JobState(models.TextChoices):
    """queued -> running -> succeeded | failed | cancelled; running -> queued when a worker is lost."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def tone(self) -> str:
        return {"running": "line", "succeeded": "good", "failed": "bad"}.get(self.value, "")

    @property
    def icon(self) -> str:
        return {"queued": "clock", "running": "live", "succeeded": "check", "failed": "stopsign", "cancelled": "x"}[
            self.value
        ]


TERMINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


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

    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
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
                | models.Q(state__in=["queued", "running"], finished_at=None),
                name="terminal_job_has_end",
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at"]), models.Index(fields=["project", "-submitted_at"])]

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

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="attempts")
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    pid = models.PositiveIntegerField(null=True)
    pid_started = models.FloatField(
        null=True, help_text="Start time of the process, so that a pid used again is not taken for it."
    )
    started_at = models.DateTimeField()
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


class OutboxMessage(models.Model):
    """Something that must leave the database after the transaction that decided it; delivered at least once."""

    topic = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(db_index=True)
    delivered_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["delivered_at", "not_before"])]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
