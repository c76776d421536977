"""Correct what a project says of itself, and who works on it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import User
from people.services import record_audit
from projects.models import Membership, Project
from projects.services.project import ENDS

DETAILS = ("title", "summary", "demand", "sponsor", "lead", "due_on")


@transaction.atomic
def change_project(*, project: Project, by: User, members: Collection[User] | None = None, **details: Any) -> Project:
    """Change some of `DETAILS`, and the team where one is given; its lead always belongs to it.

    Who leaves the team no longer sees the project, unless he sees them all.
    """
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if row.status in ENDS:
        text = _("%(project)s has ended, so what it says stays. A new demand can open a new project.")
        raise ValidationError(text, code="ended", params={"project": row.key})
    changed = {}
    for name in DETAILS:
        if name in details and details[name] != (before := getattr(row, name)):
            setattr(row, name, details[name])
            changed[name] = [_told(before), _told(details[name])]
    _demand_due_after_start(row)
    row.full_clean()
    joined, left = _change_team(row, members)
    if changed:
        row.save(update_fields=list(changed))
    if changed or joined or left:
        detail = {"project": row.key, "changed": changed, "joined": joined, "left": left}
        record_audit(verb="change_project", subject=row, by=by, detail=detail)
    return row


def _demand_due_after_start(project: Project) -> None:
    if project.due_on is not None and project.due_on < project.started_on:
        text = _("The project began on %(day)s. It is due on that day or later.")
        raise ValidationError(
            {"due_on": ValidationError(text, code="before_start", params={"day": project.started_on})}
        )


def _change_team(project: Project, members: Collection[User] | None) -> tuple[list[str], list[str]]:
    """The names of who joined and who left."""
    before: Mapping[int, str] = dict(project.members.values_list("pk", "username"))
    after = dict(before) if members is None else {user.pk: user.username for user in members}
    after[project.lead_id] = project.lead.username
    Membership.objects.filter(project=project, user__in=before.keys() - after.keys()).delete()
    Membership.objects.bulk_create(
        Membership(project=project, user_id=pk) for pk in sorted(after.keys() - before.keys())
    )
    return sorted(after[pk] for pk in after.keys() - before.keys()), sorted(
        before[pk] for pk in before.keys() - after.keys()
    )


def _told(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
