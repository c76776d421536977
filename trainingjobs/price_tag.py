"""The price tag: everything that can be said about a job before it is submitted. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from engine.recipe import Recipe
from experiments.models import ModelVersion
from finance.models import BudgetLine, RateCard
from finance.money import charge_micro
from finance.services.budget import over_budget
from finance.services.rates import Charge, current_rate_card, price
from projects.models import Project
from trainingjobs.forecast import Forecast, forecast_job, usage_of
from trainingjobs.meter import seconds_left
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services.submit import compute_line


@dataclass(frozen=True)
class Queue:
    """How many jobs are in front, and when a slot is free."""

    ahead: int
    busy: int
    starts_in_s: float

    @property
    def place(self) -> int:
        return self.ahead + 1


@dataclass(frozen=True)
class PriceTag:
    """What a job of these settings will cost, take and leave over."""

    card: RateCard
    forecast: Forecast
    charge: Charge  # of the middle duration, by component
    cores: int
    memory_gib: float
    line: BudgetLine
    reserved_minor: int
    queue: Queue
    done_from: datetime
    done_until: datetime
    twin: TrainingJob | None
    refusal: ValidationError | None

    @property
    def currency(self) -> str:
        return self.card.currency

    @property
    def left_minor(self) -> int:
        return self.line.available_minor - self.reserved_minor

    @property
    def short_minor(self) -> int:
        return max(0, -self.left_minor)

    @property
    def share_taken(self) -> float:
        """Percent of the line that is reserved, spent or would be asked."""
        if not self.line.planned_minor:
            return 100.0
        return min(100.0, round(100 * (1 - self.left_minor / self.line.planned_minor), 1))

    @property
    def energy_low_wh(self) -> float:
        return self.forecast.energy_wh_mid * self.forecast.seconds_low / self.forecast.seconds_mid

    @property
    def energy_high_wh(self) -> float:
        return self.forecast.energy_wh_mid * self.forecast.seconds_high / self.forecast.seconds_mid


def price_tag(*, project: Project, recipe: Recipe, params: Any, parent: ModelVersion | None, now: datetime) -> PriceTag:
    """Price a job; raises ValidationError "no_rate_card" or "no_budget" while finance has given none."""
    card = current_rate_card(now.date())
    forecast = forecast_job(recipe=recipe, params=params, card=card)
    line = compute_line(project, card)
    reserved_minor = max(1, charge_micro(forecast.micro_high, card.currency))
    queue = queue_before(now)
    start = now + timedelta(seconds=queue.starts_in_s)
    return PriceTag(
        card=card,
        forecast=forecast,
        charge=price(card, usage_of(recipe, forecast.seconds_mid)),
        cores=recipe.cores,
        memory_gib=recipe.memory_gib,
        line=line,
        reserved_minor=reserved_minor,
        queue=queue,
        done_from=start + timedelta(seconds=forecast.seconds_low),
        done_until=start + timedelta(seconds=forecast.seconds_high),
        twin=twin_of(project, recipe, params, parent),
        refusal=over_budget(line, reserved_minor) if line.available_minor < reserved_minor else None,
    )


def queue_before(now: datetime) -> Queue:
    """What is in front of a job that is submitted now."""
    return _queue(TrainingJob.objects.active(), now)


def place_in_queue(job: TrainingJob, now: datetime) -> Queue | None:
    """Why a queued job waits; None once it no longer does."""
    if job.state != JobState.QUEUED:
        return None
    running, earlier = Q(state=JobState.RUNNING), Q(state=JobState.QUEUED, submitted_at__lt=job.submitted_at)
    return _queue(TrainingJob.objects.filter(running | earlier), now)


def _queue(active: QuerySet[TrainingJob], now: datetime) -> Queue:
    """Waiting time: what is left of the jobs in front, shared by the slots of a worker."""
    jobs = list(active.only("state", "started_at", "forecast_seconds_mid", "step", "steps"))
    ahead = sum(job.state == JobState.QUEUED for job in jobs)
    busy, slots = len(jobs) - ahead, settings.WORKER_SLOTS
    if ahead < slots - busy:
        return Queue(ahead=0, busy=busy, starts_in_s=0.0)
    return Queue(ahead=ahead, busy=busy, starts_in_s=sum(seconds_left(job, now) for job in jobs) / slots)


def twin_of(project: Project, recipe: Recipe, params: Any, parent: ModelVersion | None) -> TrainingJob | None:
    """The newest job that already ran, or is running, with the same recipe, settings and parent."""
    jobs = TrainingJob.objects.filter(
        project=project, recipe=recipe.slug, parent=parent, params=params.model_dump(mode="json")
    ).exclude(state__in=[JobState.FAILED, JobState.CANCELLED])
    return jobs.select_related("project", "run").order_by("-submitted_at").first()
