"""Whose time a project has: allocate it, and free it when the project ends."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateField, F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from people.models import Employment, User
from people.services import record_audit
from people.validity import demand_order
from projects.models import Allocation, Project
from projects.services.running import demand_running


@transaction.atomic
def allocate(
    *,
    employment: Employment,
    project: Project,
    hours_per_week: int,
    valid_from: date,
    source: str,
    external_id: str,
    by: User | None,
    valid_to: date | None = None,
    status: str = Allocation.Status.CONFIRMED,
) -> Allocation:
    """Give a project hours a week of a person. The same source and number again changes that allocation.

    More hours than the person has are a figure for people to look at, and are not refused. What goes beyond the end of
    the project ends with it, whatever another system tells.
    """
    demand_order(valid_from, valid_to)
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # its end frees what is given meanwhile
    known = Allocation.objects.select_for_update().filter(source=source, external_id=external_id).first()
    if known is None and row.ended_on is not None and valid_from >= row.ended_on:
        demand_running(row.pk)
    valid_to = _within(row, valid_from, valid_to)
    _demand_employed(employment, valid_from, valid_to)
    allocation = known or Allocation(source=source, external_id=external_id)
    allocation.employment, allocation.project = employment, project
    allocation.hours_per_week, allocation.status = hours_per_week, status
    allocation.valid_from, allocation.valid_to = valid_from, valid_to
    allocation.full_clean()
    allocation.save()
    record_audit(
        verb="change_allocation" if known else "allocate", subject=allocation, by=by, detail=_facts(allocation)
    )
    return allocation


def _within(project: Project, begin: date, end: date | None) -> date | None:
    """The end of an allocation, at the latest that of its project; one that would begin later never does."""
    if project.ended_on is None or (end is not None and end <= project.ended_on):
        return end
    return max(begin, project.ended_on)


@transaction.atomic
def end_allocation(*, allocation: Allocation, on: date, by: User | None) -> Allocation:
    """End an allocation from a day on; one that would begin later never does."""
    row = Allocation.objects.select_for_update(of=("self",)).select_related("project").get(pk=allocation.pk)
    end = max(row.valid_from, on)
    if row.valid_to == end:
        return row
    if row.valid_to is not None and row.valid_to < end:
        fault = ValidationError(
            _("It ends on %(end)s already. Choose a day before that, or change the allocation."),
            code="ends_before",
            params={"end": row.valid_to},
        )
        raise ValidationError({"on": fault})
    row.valid_to = end
    row.save(update_fields=["valid_to"])
    record_audit(verb="change_allocation", subject=row, by=by, detail=_facts(row))
    return row


def _facts(row: Allocation) -> dict[str, Any]:
    return {
        "project": row.project.key,
        "employment": row.employment_id,
        "hours": row.hours_per_week,
        "from": row.valid_from.isoformat(),
        "to": row.valid_to.isoformat() if row.valid_to else "",
        "status": row.status,
    }


def _demand_employed(employment: Employment, begin: date, end: date | None) -> None:
    until = Employment.objects.unbroken_until(employment)
    if begin < employment.valid_from or (until is not None and (end is None or end > until)):
        raise ValidationError(
            _(
                "%(name)s is employed from %(begin)s to %(end)s. Keep the allocation within these days, "
                "or have the employment recorded first."
            ),
            code="beyond_employment",
            params={
                "name": employment.name,
                "begin": employment.valid_from,
                "end": until if until is not None else _("an open end"),
            },
        )


@transaction.atomic
def free_people(*, project: Project, on: date, by: User | None) -> int:
    """End all that is allocated to a project from a day on; what would begin later never does."""
    held = Allocation.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on) & Q(valid_to__gt=F("valid_from")))
    freed = held.filter(project=project).update(valid_to=Greatest(F("valid_from"), Value(on, DateField())))
    if freed:
        record_audit(verb="free_people", subject=project, by=by, detail={"allocations": freed, "on": on.isoformat()})
    return freed
