"""Nothing new begins in a project that has ended: the question that every verb asks which would begin it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects.models import Project


def hold_running(project_pk: int) -> Project:
    """The project, held for the verb that asks, before all else that the verb holds; refused once it has ended."""
    return _running(Project.objects.select_for_update(no_key=True).get(pk=project_pk))


def demand_running(project_pk: int) -> Project:
    """The same as it stands now, for a verb that holds a budget or a line by which whoever ends it waits anyway."""
    return _running(Project.objects.get(pk=project_pk))


def _running(project: Project) -> Project:
    if project.ended_on is not None:
        raise ValidationError(
            _("%(project)s has ended (%(status)s), so nothing new begins in it. Choose another project."),
            code="project_ended",
            params={"project": project.key, "status": project.get_status_display().lower()},
        )
    return project
