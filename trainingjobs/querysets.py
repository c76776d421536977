"""Questions about the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now

from people.querysets import after

if TYPE_CHECKING:
    from people.models import User
    from trainingjobs.models import TrainingJob


COST_IN_CURRENCY = models.Case(  # for sums: a job by a card in another currency costs nothing in the portal's
    models.When(rate_card__currency=settings.CURRENCY, then=models.F("cost_micro")), default=0
)


class TrainingJobQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> TrainingJobQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)

    def for_list(self) -> TrainingJobQuerySet:
        """Everything a row of a job list shows, in one query."""
        return self.select_related("project", "submitted_by", "run", "rate_card", "charge")

    def with_running_time(self, now: datetime) -> TrainingJobQuerySet:
        """`ran`: the running time of all attempts; pauses and waits in the queue do not count."""
        ended = Coalesce(models.F("attempts__ended_at"), models.Value(now))
        return self.annotate(
            ran=models.Sum(ended - models.F("attempts__started_at"), output_field=models.DurationField())
        )

    def queued(self) -> TrainingJobQuerySet:
        return self.filter(state="queued").order_by("submitted_at", "pk")

    def active(self) -> TrainingJobQuerySet:
        return self.filter(state__in=["queued", "running"])

    def unfinished(self) -> TrainingJobQuerySet:
        return self.filter(state__in=["awaiting", "queued", "running", "paused"])

    def locked(self, job_id: UUID, *related: str) -> TrainingJob:
        """The job for a verb that changes it, with its relations as they are once the row is ours.

        Two questions, because PostgreSQL reads only the locked row anew after it had to wait: rows joined to it would
        be those from before, such as a reservation that the verb ahead of us has changed.
        """
        self.select_for_update(no_key=True).get(pk=job_id)
        return cast("TrainingJob", self.select_related(*related).get(pk=job_id))

    def held(self, job_id: UUID, fence: int) -> TrainingJobQuerySet:
        """The job while that claim still owns it, and nothing when it is stale: every effect goes through here."""
        return self.filter(pk=job_id, fence=fence, state="running")

    def with_lost_lease(self) -> TrainingJobQuerySet:
        """Running by a worker that has stopped saying so. The database's clock decides, as it set the lease."""
        return self.filter(state="running", lease_until__lt=Now())


def lease_end(seconds: float) -> models.Expression:
    """The end of a lease that begins now, by the clock of the database."""
    return after(timedelta(seconds=seconds))


class CardAdjustmentQuerySet(models.QuerySet):
    def standing(self) -> CardAdjustmentQuerySet:
        """Those that nobody took back."""
        return self.filter(journal_entry__reversed_by=None)


class WorkerQuerySet(models.QuerySet):
    def alive(self) -> WorkerQuerySet:
        """Workers that have been heard of within a lease. The clock of the database decides, as it set `seen_at`."""
        return self.filter(seen_at__gte=lease_end(-settings.LEASE_S))

    def with_alive(self) -> WorkerQuerySet:
        """`is_alive`: as `alive` decides."""
        heard_of = models.Q(seen_at__gte=lease_end(-settings.LEASE_S))
        return self.annotate(is_alive=models.ExpressionWrapper(heard_of, output_field=models.BooleanField()))
