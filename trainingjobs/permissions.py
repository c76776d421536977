"""Who may run jobs (who contributes, on a project that he sees), approve their price and put them first."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from people.models import AuditEntry, User
from projects.models import Project
from projects.permissions import may_contribute
from trainingjobs.models import TrainingJob


def may_run_jobs(user: User, project: Project) -> bool:
    return may_contribute(user) and Project.objects.visible_to(user).filter(pk=project.pk).exists()


def may_decide(user: User) -> bool:
    """Whether decisions on prices are this person's at all."""
    return user.is_superuser or user.role == User.Role.MANAGER


def changed_by(user: User, jobs: Collection[TrainingJob], until: datetime | None = None) -> set[UUID]:
    """Those of the jobs that this person gave settings or asked more money for: that is not his to approve."""
    asked = Q(verb="change_job") | Q(verb="resume_job", detail__has_key="asked_minor")
    trail = AuditEntry.objects.filter(
        asked, subject_type=TrainingJob._meta.label_lower, subject_id__in=[str(job.pk) for job in jobs]
    )
    trail = trail if until is None else trail.filter(at__lte=until)
    return {UUID(pk) for pk in trail.filter(actor=user).order_by().values_list("subject_id", flat=True)}


def may_see_workers(user: User) -> bool:
    """Machines are shown to those who see every project."""
    return user.sees_everything


def may_prioritise(user: User, project: Project) -> bool:
    return user.is_superuser or user.role == User.Role.MANAGER or user.pk == project.lead_id


def demand_contributor(user: User, project: Project) -> None:
    """The verbs ask again, whoever calls them: a page or an endpoint may have forgotten."""
    if not may_run_jobs(user, project):
        raise ValidationError(
            _("%(user)s may not run jobs of this project. Ask its lead to make you a member as an engineer."),
            code="not_allowed",
            params={"user": user},
        )
