"""The portal's own read-model of runs: pages read these rows and never ask MLflow."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from experiments.querysets import ModelVersionQuerySet, RunQuerySet


class Dataset(models.Model):
    """One frozen version of a data set, known by the digest that the trainer computed over its bytes."""

    name = models.CharField(_("name"), max_length=120)
    version = models.CharField(_("version"), max_length=40, blank=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    rows = models.PositiveIntegerField(_("rows"))
    splits = models.JSONField(_("splits"), default=dict)
    first_seen_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    class Meta:
        ordering = ["name", "-first_seen_at"]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:8]}"


class Run(models.Model):
    """One training or compression run of a project; the same run that MLflow holds under `mlflow_run_id`."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="runs", verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=40)
    recipe = models.SlugField(_("recipe"))
    params = models.JSONField(_("settings"), default=dict)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.RUNNING)
    parent = models.ForeignKey(
        "ModelVersion", models.PROTECT, null=True, related_name="children", verbose_name=_("made from")
    )
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, related_name="runs", verbose_name=_("data set"))
    parameter_count = models.PositiveBigIntegerField(_("weights"), null=True)
    epochs = models.PositiveIntegerField(_("epochs"), default=1)
    metrics = models.JSONField(_("metrics"), default=dict, help_text=_("Final values by name."))
    report = models.JSONField(_("report"), default=dict)
    versions = models.JSONField(_("library versions"), default=dict)
    mlflow_run_id = models.CharField(_("MLflow run"), max_length=32, blank=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["project", "recipe", "status"])]

    def __str__(self) -> str:
        return self.name


class MetricSeries(models.Model):
    """One curve of a run, packed: `points` is little-endian (step uint32, epoch float32, value float64) records."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="series")
    name = models.CharField(_("metric"), max_length=80)
    points = models.BinaryField(default=bytes)
    count = models.PositiveIntegerField(default=0)
    last = models.FloatField(null=True)
    minimum = models.FloatField(null=True)
    maximum = models.FloatField(null=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="one_series_per_metric")]
        verbose_name_plural = _("metric series")

    def __str__(self) -> str:
        return f"{self.run} {self.name}"


class ModelVersion(models.Model):
    """A finished model: its files under the jobs folder, their digest, and the version MLflow registered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.OneToOneField(Run, models.PROTECT, related_name="model_version", verbose_name=_("run"))
    kind = models.SlugField(_("kind"), max_length=60)
    path = models.CharField(_("folder"), max_length=200, help_text=_("Relative to the jobs folder."))
    digest = models.CharField(_("digest"), max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("size"))
    signature = models.JSONField(_("signature"), default=dict)
    registered_name = models.CharField(_("registered name"), max_length=120, blank=True)
    registered_version = models.PositiveIntegerField(_("registered version"), null=True)
    created_at = models.DateTimeField(_("created"))

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.run.name} {self.kind}"
