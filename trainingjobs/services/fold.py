"""Fold what a trainer tells into the job's row, its attempt and its curves: one transaction about once a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from engine.events import Checkpointed, Event, Metrics, Progress, Started
from engine.failpoint import reach
from experiments.services import append_points, describe_run, remember_tracking
from finance.services.rates import Usage, price
from trainingjobs.models import Attempt, TrainingJob
from trainingjobs.querysets import lease_end
from trainingjobs.services.claim import Claim
from trainingjobs.services.spend import keeps_within_budget


@dataclass(frozen=True)
class Watch:
    """What the supervisor has to know about its job."""

    cancel_requested: bool
    pause_requested: bool
    out_of_money: bool


def fold_events(*, claim: Claim, events: Sequence[Event], usage: Usage, mlflow_run_id: str = "") -> Watch | None:
    """Write progress, cost and points and renew the lease; None, and nothing written, when the claim is stale.

    `usage` is that of this attempt; the claim knows what earlier ones used.
    """
    watch = _fold(claim, events, usage, mlflow_run_id)
    reach("fold.after_commit")
    return watch


@transaction.atomic
def _fold(claim: Claim, events: Sequence[Event], usage: Usage, mlflow_run_id: str) -> Watch | None:
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    metered = _metered(claim, usage)
    if not held.update(lease_until=lease_end(settings.LEASE_S), **metered, **_progress(claim, events)):
        return None
    _fold_attempt(claim, events, usage)
    _fold_run(claim, events, mlflow_run_id)
    cancel, pause = held.values_list("cancel_requested_at", "pause_requested_at").get()
    reach("fold.before_commit")
    return Watch(
        cancel_requested=cancel is not None,
        pause_requested=pause is not None,
        out_of_money=not keeps_within_budget(claim, metered["cost_micro"]),
    )


def _metered(claim: Claim, usage: Usage) -> dict[str, Any]:
    """The whole usage of the job so far and its price."""
    before = claim.before
    total = Usage(
        before.cpu_core_seconds + usage.cpu_core_seconds,
        before.gpu_seconds + usage.gpu_seconds,
        before.gib_seconds + usage.gib_seconds,
    )
    charge = price(claim.job.rate_card, total)
    return {
        "cpu_core_seconds": total.cpu_core_seconds,
        "gpu_seconds": total.gpu_seconds,
        "gib_seconds": total.gib_seconds,
        "cost_micro": charge.micro,
        "energy_wh": charge.energy_wh,
    }


def _progress(claim: Claim, events: Sequence[Event]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for event in events:
        match event:
            case Started():
                fields |= {"steps": event.steps, "epochs": event.epochs}
            case Progress():
                fields |= {
                    "step": event.step,
                    "steps": event.steps,
                    "epoch": event.epoch,
                    "epochs": event.epochs,
                    "progress_message": event.message[:200],
                }
            case Checkpointed():  # it got further, so whatever kills it is not deterministic
                fields |= {"checkpoint": f"attempt-{claim.fence}/{event.path}", "trainer_deaths": 0}
    return fields


def _fold_attempt(claim: Claim, events: Sequence[Event], usage: Usage) -> None:
    attempt = Attempt.objects.filter(job=claim.job.pk, fence=claim.fence)
    attempt.update(cpu_core_seconds=usage.cpu_core_seconds, gib_seconds=usage.gib_seconds)
    if events:
        first = min(datetime.fromtimestamp(events[0].at, UTC), timezone.now())
        attempt.filter(first_event_at=None).update(first_event_at=first)


def _fold_run(claim: Claim, events: Sequence[Event], mlflow_run_id: str) -> None:
    run_id = claim.job.run_id
    if run_id is None:
        return
    for event in events:
        if isinstance(event, Started):
            describe_run(run_id=run_id, started=event)
    metrics = [event for event in events if isinstance(event, Metrics)]
    if metrics:
        append_points(run_id=run_id, metrics=metrics)
    if mlflow_run_id:
        remember_tracking(run_id=run_id, mlflow_run_id=mlflow_run_id)
