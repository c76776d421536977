"""Who uses Throughline, and the trail of what they did."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from people.querysets import NoticeQuerySet, OutboxQuerySet


class Department(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in. The role says what he may do anywhere; membership of a project says where."""

    class Role(models.TextChoices):
        VIEWER = "viewer", _("Viewer")
        ENGINEER = "engineer", _("Engineer")
        FINANCE = "finance", _("Finance")
        MANAGER = "manager", _("Portfolio manager")

    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.VIEWER)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, verbose_name=_("department"))
    mail_notices = models.BooleanField(_("notices by mail"), default=True)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in str(self).split()[:2]).upper()

    @property
    def sees_everything(self) -> bool:
        return self.is_superuser or self.role in {self.Role.MANAGER, self.Role.FINANCE}


class SignInAttempt(models.Model):
    """Wrong passwords of one address, or of one name from there, in one window of time. The key is a hash."""

    key = models.CharField(max_length=64)
    window = models.BigIntegerField(db_index=True)
    taken = models.PositiveIntegerField(default=0)
    is_reported = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="one_count_per_window")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.taken}"


class AuditEntry(models.Model):
    """One thing that somebody did. Rows are only ever added; database triggers refuse the rest."""

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("actor"))
    verb = models.CharField(_("verb"), max_length=60, db_index=True)
    subject_type = models.CharField(_("subject"), max_length=60)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["subject_type", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"


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


class Notice(models.Model):
    """One thing that one person should know, with the page where it stands."""

    class Kind(models.TextChoices):
        JOB_ENDED = "job_ended", _("Job ended")
        JOB_PAUSED = "job_paused", _("Job paused")
        APPROVAL_ASKED = "approval_asked", _("Approval asked")
        APPROVAL_DECIDED = "approval_decided", _("Approval decided")
        BUDGET = "budget", _("Budget")

        @property
        def symbol(self) -> str:
            return {
                "job_ended": "play",
                "job_paused": "clock",
                "approval_asked": "gate",
                "approval_decided": "gate",
                "budget": "coin",
            }[self.value]

    user = models.ForeignKey(User, models.PROTECT, related_name="notices", verbose_name=_("person"))
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    text = models.TextField(_("text"))
    url = models.CharField(_("page"), max_length=500)
    read_at = models.DateTimeField(_("read"), null=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    subject_type = models.CharField(_("subject"), max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "read_at", "-id"], name="notices_of_a_person")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        """Opening this marks it as read and leads on to the page it is about."""
        return reverse("notice", args=[self.pk])

    @property
    def symbol(self) -> str:
        return self.Kind(self.kind).symbol
