"""Change a job that has not started: its settings, its time limit, its priority. New settings void approvals."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.services.budget import change_reservation
from people.models import User
from people.services import record_audit
from trainingjobs.forecast import forecast_job
from trainingjobs.hyperparameters import validate_params
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.permissions import demand_contributor
from trainingjobs.services.approval import admitted_state, void_approvals
from trainingjobs.services.hint import hint_after_commit
from trainingjobs.services.notify import ask_for_approval
from trainingjobs.services.submit import (
    demand_priority,
    demand_time_limit,
    is_over_threshold,
    known_recipe,
    reserved_for,
    write_forecast,
)


def change_job(
    *, job: TrainingJob, by: User, params: Mapping[str, Any], time_limit_s: float | None = None
) -> TrainingJob:
    """Give a job that never started other settings; it is priced, reserved and, where needed, approved anew."""
    demand_contributor(by, job.project)
    demand_time_limit(time_limit_s)
    recipe = known_recipe(job.recipe)
    valid = validate_params(recipe, params)
    forecast = forecast_job(
        recipe=recipe, params=valid, card=job.rate_card, parent=job.parent, time_limit_s=time_limit_s
    )
    with transaction.atomic():
        row = _not_started(job)
        before, wanted = row.params, valid.model_dump(mode="json")
        if (before, row.time_limit_s) == (wanted, time_limit_s):
            return row
        amount = reserved_for(forecast, row.rate_card)
        change_reservation(reservation=row.reservation, amount_minor=amount, by=by)
        row.params, row.time_limit_s = wanted, time_limit_s
        write_forecast(row, forecast)
        void_approvals(row)
        row.needs_approval = is_over_threshold(row.project, amount)
        if row.state != JobState.PAUSED:
            row.state = admitted_state(row)
        row.queued_at = (row.queued_at or timezone.now()) if row.state == JobState.QUEUED else None
        row.save()
        detail = {"job": row.name, "from": before, "to": row.params, "reserved_minor": amount}
        record_audit(verb="change_job", subject=row, by=by, detail=detail)
        if row.state == JobState.AWAITING:
            ask_for_approval(row, changed_by=by)
        elif row.state == JobState.QUEUED:
            hint_after_commit(row)
    job.refresh_from_db()
    return job


def _not_started(job: TrainingJob) -> TrainingJob:
    related = ("project", "submitted_by", "rate_card", "reservation__line__budget")
    row = TrainingJob.objects.locked(job.pk, *related)
    if row.fence or row.status not in {JobState.AWAITING, JobState.QUEUED, JobState.PAUSED}:
        raise ValidationError(
            _("%(job)s has already started, so its settings stay as they are. Clone it to try others."),
            code="already_started",
            params={"job": row.name},
        )
    return row


@transaction.atomic
def set_priority(*, job: TrainingJob, priority: int, by: User) -> TrainingJob:
    """Put a job that waits before others, or behind them. It costs the same, so what a manager decided on it holds."""
    demand_contributor(by, job.project)
    demand_priority(by, job.project, priority)
    waiting = TrainingJob.objects.unfinished().filter(pk=job.pk)
    if not waiting.update(priority=priority):
        raise ValidationError(
            _("%(job)s has already ended, so there is nothing to put first."),
            code="already_ended",
            params={"job": job.name},
        )
    record_audit(verb="set_priority", subject=job, by=by, detail={"job": job.name, "priority": priority})
    job.refresh_from_db()
    return job
