"""The price tag: everything that can be said about a job before it is submitted. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from engine.recipe import Recipe
from experiments.models import ModelVersion
from finance.models import BudgetLine, RateCard
from finance.services.budget import over_budget
from finance.services.rates import Charge, current_rate_card, price
from people.models import User
from projects.models import Project
from trainingjobs.forecast import Forecast, forecast_job
from trainingjobs.forecast_accuracy import Accuracy, accuracy_of
from trainingjobs.models import Priority, Resource, TrainingJob
from trainingjobs.queue import Place, place_of_new
from trainingjobs.services.submit import compute_line, is_over_threshold, reserved_for
from trainingjobs.time_limit import StopAtLimit, stop_at_limit
from trainingjobs.twins import twin_of


@dataclass(frozen=True)
class PriceTag:
    """What a job of these settings will cost, take and leave over."""

    card: RateCard
    forecast: Forecast
    charge: Charge  # of the middle duration, by component
    accuracy: Accuracy | None  # of the forecasts of this recipe so far
    line: BudgetLine
    reserved_minor: int
    queue: Place
    done_from: datetime
    done_until: datetime
    twin: TrainingJob | None
    refusal: ValidationError | None
    needs_approval: bool  # its upper price is a manager's to decide
    stop: StopAtLimit | None  # before its work is done
    held_minor: int = 0  # what the job already has, when it is one to change

    @property
    def currency(self) -> str:
        return self.card.currency

    @property
    def left_minor(self) -> int:
        return self.line.available_minor + self.held_minor - self.reserved_minor

    @property
    def others_minor(self) -> int:
        """What is reserved on the line for other jobs."""
        return self.line.reserved_minor - self.held_minor

    @property
    def unreleased_minor(self) -> int:
        """Planned on the line and held behind gates."""
        return self.line.planned_minor - self.line.released_minor

    @property
    def more_minor(self) -> int:
        """What a change reserves on top; negative when it gives back."""
        return self.reserved_minor - self.held_minor

    @property
    def warns(self) -> bool:
        """Goes over a line that allows it and wants it said."""
        return self.refusal is None and self.left_minor < 0 and self.line.policy == BudgetLine.Policy.WARN

    @property
    def short_minor(self) -> int:
        return max(0, -self.left_minor)

    @property
    def share_taken(self) -> float:
        """Percent of the line that is reserved, spent or would be asked."""
        if not self.line.released_minor:
            return 100.0
        return min(100.0, round(100 * (1 - self.left_minor / self.line.released_minor), 1))

    @property
    def cores(self) -> float:
        """Mean cores in use that the middle price is made of."""
        return self.forecast.usage.cpu_core_seconds / self.forecast.seconds_mid

    @property
    def memory_gib(self) -> float:
        """Mean memory in use that the middle price is made of."""
        return self.forecast.usage.gib_seconds / self.forecast.seconds_mid

    @property
    def energy_low_wh(self) -> float:
        return self.forecast.energy_wh_mid * self.forecast.micro_low / max(1, self.forecast.micro_mid)

    @property
    def energy_high_wh(self) -> float:
        return self.forecast.energy_wh_mid * self.forecast.micro_high / max(1, self.forecast.micro_mid)


def price_tag(
    *,
    project: Project,
    recipe: Recipe,
    params: Any,
    by: User,
    now: datetime,
    parent: ModelVersion | None = None,
    priority: int = Priority.NORMAL,
    time_limit_s: float | None = None,
    changes: TrainingJob | None = None,
) -> PriceTag:
    """Price a job, new or to change; raises "no_rate_card" or "no_budget" while finance has given none."""
    card = changes.rate_card if changes else current_rate_card(now.date())
    forecast = forecast_job(recipe=recipe, params=params, card=card, parent=parent, time_limit_s=time_limit_s)
    line = changes.reservation.line if changes else compute_line(project, card)
    held_minor = changes.reservation.amount_minor if changes else 0
    reserved_minor = reserved_for(forecast, card)
    queue = place_of_new(
        Resource.of(recipe),
        project.pk,
        forecast.seconds_mid,
        now,
        priority=priority,
        instead_of=changes.pk if changes else None,
    )
    more_minor = reserved_minor - held_minor
    start = now + timedelta(seconds=queue.starts_in_s or 0.0)
    return PriceTag(
        card=card,
        forecast=forecast,
        charge=price(card, forecast.usage),
        accuracy=accuracy_of(recipe.slug),
        line=line,
        reserved_minor=reserved_minor,
        queue=queue,
        done_from=start + timedelta(seconds=forecast.seconds_low),
        done_until=start + timedelta(seconds=forecast.seconds_high),
        twin=None if changes else twin_of(by, recipe, params, parent),
        refusal=over_budget(line, more_minor) if more_minor > 0 and not line.allows(more_minor) else None,
        needs_approval=is_over_threshold(project, reserved_minor),
        stop=stop_at_limit(time_limit_s, forecast.seconds_mid, forecast.seconds_high),
        held_minor=held_minor,
    )
