"""Who may submit and cancel jobs: who contributes, on a project that he sees."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.models import User
from projects.models import Project
from projects.permissions import may_contribute


def may_run_jobs(user: User, project: Project) -> bool:
    return may_contribute(user) and Project.objects.visible_to(user).filter(pk=project.pk).exists()


def demand_contributor(user: User, project: Project) -> None:
    """The verbs ask again, whoever calls them: a page or an endpoint may have forgotten."""
    if not may_run_jobs(user, project):
        raise ValidationError(
            _("%(user)s may not run jobs of this project. Ask its lead to make you a member as an engineer."),
            code="not_allowed",
            params={"user": user},
        )
