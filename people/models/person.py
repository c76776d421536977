"""Who uses Throughline, and who is employed at what role."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.querysets import EmploymentQuerySet

FULL_TIME_HOURS = 40  # a week


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


class JobRole(models.Model):
    """What somebody does, for example ML engineer. Work is priced by role, never by what one person earns."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Employment(models.Model):
    """One person at one role for some time, as the HR system tells it: a change is a new row. `valid_to` is exclusive.

    Overwrites of systems without history are dated on receipt: the old row ends, a new one begins.
    """

    FACTS = ("name", "user_id", "role_id", "department_id", "fte_percent")  # a change of one of them is a new row

    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number in the source"), max_length=80)
    name = models.CharField(_("name"), max_length=160)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="employments", verbose_name=_("signs in as")
    )
    role = models.ForeignKey(JobRole, models.PROTECT, related_name="employments", verbose_name=_("role"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="employments", verbose_name=_("department"))
    fte_percent = models.PositiveSmallIntegerField(_("share of full time in percent"), default=100)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = EmploymentQuerySet.as_manager()

    class Meta:
        ordering = ["name", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id", "valid_from"], name="one_employment_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(fte_percent__gte=1, fte_percent__lte=100), name="fte_between_1_and_100"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="employment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"

    @property
    def person(self) -> tuple[str, str]:
        """Who it is, whatever row tells of him: the number in the source."""
        return self.source, self.external_id

    @property
    def hours_per_week(self) -> float:
        """What the share of full time comes to."""
        return FULL_TIME_HOURS * self.fte_percent / 100


class SavedView(models.Model):
    """A board or list with its filters, kept under a name; a shared one is offered to everybody."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    page = models.CharField(_("page"), max_length=60, help_text=_("Name of the address, for example projects."))
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(_("filters"), max_length=1000, blank=True)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="one_saved_view_each")]

    def __str__(self) -> str:
        return self.name
