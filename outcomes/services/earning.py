"""Choose the KPI whose way to its target says how much the stages of a project have earned."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.models import Kpi
from people.models import User
from people.services import record_audit
from projects.models import Project


@transaction.atomic
def choose_earning_kpi(*, project: Project, kpi: Kpi | None, by: User) -> Project:
    """Say by which KPI a project earns; None leaves it to the first that is measured. Past days keep what they had."""
    if kpi and kpi.project_id != project.pk:
        text = _("“%(kpi)s” is a KPI of another project. Choose one of %(project)s.")
        params = {"kpi": kpi.name, "project": project.key}
        raise ValidationError({"kpi": ValidationError(text, code="other_project", params=params)})
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before, row.earning_kpi = row.earning_kpi_id, kpi
    row.save(update_fields=["earning_kpi"])
    project.earning_kpi = kpi
    detail = {"project": project.key, "from": before, "to": kpi.pk if kpi else None}
    record_audit(verb="choose_earning_kpi", subject=project, by=by, detail=detail)
    return project
