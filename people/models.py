"""Who uses Throughline, and the trail of what they did."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


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
