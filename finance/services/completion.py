"""Judge how much of a stage is done. A later judgement stands beside the earlier ones and changes none of them."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import StageCompletion
from people.models import User
from people.services import record_audit
from projects.models import Project, Station


@transaction.atomic
def judge_completion(
    *, project: Project, station: str, percent: int, judged_on: date, reason: str, at: datetime, by: User
) -> StageCompletion:
    """Say how much of a stage that is under way was done on a day, and why."""
    if judged_on > timezone.localdate(at):
        raise ValidationError(
            {"judged_on": ValidationError(_("Nobody knows yet how much will be done then."), code="in_the_future")}
        )
    stage = project.stages.filter(station=station).first()
    if stage is None or stage.actual_start is None or stage.actual_start > judged_on:
        fault = _("%(stage)s had not begun on %(day)s, so nothing of it was done.")
        figures = {"stage": Station(station).label, "day": judged_on}
        raise ValidationError({"station": ValidationError(fault, code="not_begun", params=figures)})
    if stage.actual_finish is not None and stage.actual_finish <= judged_on:
        fault = _(
            "%(stage)s was finished by %(day)s, so all of it is done. Choose an earlier day, or reopen the stage."
        )
        figures = {"stage": Station(station).label, "day": judged_on}
        raise ValidationError({"station": ValidationError(fault, code="finished", params=figures)})
    row = StageCompletion(
        project=project,
        station=station,
        percent=percent,
        judged_on=judged_on,
        reason=reason,
        judged_by=by,
        recorded_at=at,
    )
    row.full_clean()
    row.save()
    detail = {"project": project.key, "station": station, "percent": percent, "on": judged_on.isoformat()}
    record_audit(verb="judge_completion", subject=row, by=by, detail=detail)
    return row
