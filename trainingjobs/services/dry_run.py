"""Time a few steps before there is any history: ask for it, and write down what a worker measured."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engine.recipe import Recipe, RecipeError
from engine.recipes import get_recipe
from experiments.models import ModelVersion
from people.models import User
from people.services import record_audit
from projects.permissions import may_contribute
from trainingjobs.dry_run import PATIENCE, known_timing, timing_digest
from trainingjobs.folders import demand_disk_room
from trainingjobs.hyperparameters import validate_params
from trainingjobs.models import Resource, StepTiming, Worker
from trainingjobs.queue import no_worker
from trainingjobs.services.submit import demand_parent, known_recipe
from trainingjobs.supervisor import shutdown
from trainingjobs.supervisor.dry_run import NotTimed, Timing, time_trainer

MOST_AN_HOUR = 30  # of one person: nobody pays for a dry run, and each holds a slot for up to a minute
logger = logging.getLogger(__name__)


def ask_step_timing(
    *, recipe: str, params: Mapping[str, Any], by: User, parent: ModelVersion | None = None
) -> StepTiming:
    """Ask a worker to time these settings; a measurement of the last day is returned as it is. It costs nothing."""
    if not may_contribute(by):
        raise PermissionDenied(
            _("Your role does not allow this. Ask the lead of the project for the role of engineer.")
        )
    chosen = known_recipe(recipe)
    valid = validate_params(chosen, params)
    demand_parent(chosen, parent, by)
    _demand_gpu(chosen)
    demand_disk_room()
    now, digest = timezone.now(), timing_digest(chosen, valid, parent)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one open timing a person, whatever comes at once
        known = known_timing(digest, now)
        if known:
            return known
        waiting = StepTiming.objects.filter(asked_by=by, state=StepTiming.State.ASKED, asked_at__gt=now - PATIENCE)
        same = waiting.filter(digest=digest).first()
        if same:
            return same
        if waiting.exists():
            raise ValidationError(
                _("Steps of other settings are being timed for you. Wait for their result; it takes seconds."),
                code="timing_open",
            )
        _demand_patience(by, now)
        timing = StepTiming.objects.create(
            recipe=chosen.slug,
            params=valid.model_dump(mode="json"),
            parent=parent,
            digest=digest,
            asked_by=by,
            asked_at=now,
        )
        record_audit(
            verb="ask_step_timing", subject=timing, by=by, detail={"recipe": chosen.slug, "params": timing.params}
        )
        transaction.on_commit(lambda: _hint(timing.pk, Resource.of(chosen)))
    return timing


def _demand_gpu(recipe: Recipe) -> None:
    """Refuse at once what no worker could time: most installations have no GPU, and the wait would be for nothing."""
    if recipe.gpus and not any(worker.serves(Resource.GPU) for worker in Worker.objects.alive()):
        raise ValidationError(no_worker(Resource.GPU), code="no_worker")


def _demand_patience(by: User, now: datetime) -> None:
    """Refuse a person who has had his share of free dry runs within the last hour."""
    hour = timedelta(hours=1)
    asked = StepTiming.objects.filter(asked_by=by, asked_at__gt=now - hour).order_by("-asked_at")
    nth = next(iter(asked.values_list("asked_at", flat=True)[MOST_AN_HOUR - 1 : MOST_AN_HOUR]), None)
    if nth:
        wait_s = ceil((nth + hour - now).total_seconds())
        raise ValidationError(
            _("You have had %(most)s dry runs within the hour. Submit the job as it is, or ask in %(wait_s)s s."),
            code="too_many_timings",
            params={"most": MOST_AN_HOUR, "wait_s": wait_s},
        )


def _hint(timing_id: UUID, resource: Resource) -> None:
    """Tell a worker of the queue in which the job itself would run.

    A message that is lost is no harm: the timing then reads as failed, and can be asked for again.
    """
    try:
        current_app.send_task(
            "trainingjobs.time_steps",
            args=[str(timing_id)],
            queue=f"jobs.{resource}",
            retry=False,
            ignore_result=True,
            expires=PATIENCE.total_seconds(),
        )
    except Exception as error:  # whatever the broker's library raises
        logger.warning("The broker took no request to time steps: %s", error)
        _close(timing_id, error=_("The message broker cannot be reached, so no worker knows of it. Try again later."))


def time_steps(timing_id: UUID) -> bool:
    """Run the trainer for a few seconds and write down its pace; False when nobody waits for it any more."""
    waiting = StepTiming.objects.filter(
        pk=timing_id, state=StepTiming.State.ASKED, asked_at__gt=timezone.now() - PATIENCE
    )
    timing = waiting.select_related("parent").first()
    if timing is None or shutdown.requested():
        return False
    try:
        demand_disk_room()
        measured = time_trainer(timing, get_recipe(timing.recipe))
    except FileExistsError:  # the message came twice, and the other one is at it
        return False
    except (NotTimed, OSError) as error:
        return _close(timing_id, error=str(error))
    except (RecipeError, ValidationError) as error:
        return _close(timing_id, error="; ".join(getattr(error, "messages", [str(error)])))
    return _close(timing_id, measured=measured)


@transaction.atomic
def _close(timing_id: UUID, *, measured: Timing | None = None, error: str = "") -> bool:
    """Write the end, once."""
    fields: dict[str, Any] = {"state": StepTiming.State.FAILED, "error": error[:2000]}
    if measured:
        fields = {**vars(measured), "state": StepTiming.State.MEASURED, "error": ""}
    waiting = StepTiming.objects.filter(pk=timing_id, state=StepTiming.State.ASKED)
    if not waiting.update(measured_at=timezone.now(), **fields):
        return False
    timing = StepTiming.objects.get(pk=timing_id)
    record_audit(
        verb="step_timing_measured" if measured else "step_timing_failed",
        subject=timing,
        by=None,
        detail={"recipe": timing.recipe, "step_s": timing.step_s, "error": timing.error},
    )
    return True
