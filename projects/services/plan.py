"""Verbs on the plan of a project."""

from datetime import date
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import User
from people.services import record_audit
from projects.models import Project, Station


@transaction.atomic
def plan_stages(*, project: Project, finishes: dict[Station, date], by: User) -> Project:
    """Set the planned finish of stages; along the line no stage may be planned to end before the one ahead of it."""
    plan = dict(project.stages.values_list("station", "planned_finish")) | dict(finishes)
    planned = [(station, finish) for station in Station if (finish := plan.get(station)) is not None]
    for (ahead, ahead_finish), (station, finish) in pairwise(planned):
        if finish < ahead_finish:
            raise ValidationError(
                _(
                    "%(station)s is planned to end on %(finish)s, before %(ahead)s (%(ahead_finish)s). "
                    "Correct one date."
                ),
                code="plan_out_of_order",
                params={
                    "station": station.label,
                    "finish": finish,
                    "ahead": ahead.label,
                    "ahead_finish": ahead_finish,
                },
            )
    for station, finish in finishes.items():
        project.stages.filter(station=station).update(planned_finish=finish)
    record_audit(
        verb="plan_stages",
        subject=project,
        by=by,
        detail={station.value: finish.isoformat() for station, finish in finishes.items()},
    )
    return project
