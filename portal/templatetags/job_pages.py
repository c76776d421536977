"""How prices, durations and energy of jobs read: always a range while they are a forecast."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from engine.recipes import RECIPES
from experiments.models import ModelVersion
from finance.money import MICRO
from portal.wording import SPACE, number, seconds
from trainingjobs.models import TrainingJob

SMALLEST_SHOWN_MICRO = 100  # four digits

register = template.Library()


@register.filter
def amount(micro: int) -> str:
    """Millionths of a currency unit as a plain amount: cents, or four digits where cents would say nothing."""
    value = Decimal(micro) / MICRO
    return number(value, 4 if 0 < abs(value) < 1 else 2)


@register.simple_tag
def amount_range(low: int, high: int) -> str:
    """`0.0021–0.0064`, and never a price of nothing where it is only too small to be shown."""
    if 0 < high < SMALLEST_SHOWN_MICRO:
        return _("under %(amount)s") % {"amount": amount(SMALLEST_SHOWN_MICRO)}
    return f"{amount(low)}–{amount(high)}" if amount(low) != amount(high) else amount(high)


@register.simple_tag
def duration_range(low: float, high: float) -> str:
    """`36–43 min`: the unit once where both ends share it."""
    return _joined(seconds(low), seconds(high))


@register.simple_tag
def clock_range(first: datetime, last: datetime) -> str:
    """`15:10–15:20`, with the day when it is not today."""
    begin, end = localtime(first), localtime(last)
    day = "" if end.date() == localtime(now()).date() else f" {date_format(end, 'j M')}"
    times = [f"{moment:%H:%M}" for moment in (begin, end)]
    return (times[0] if times[0] == times[1] else "–".join(times)) + day


@register.filter
def energy(watt_hours: float | None) -> str:
    """`0.97 kWh`, and smaller amounts in Wh or mWh."""
    if watt_hours is None:
        return _("none")
    for size, unit in ((1000, "kWh"), (1, "Wh")):
        if watt_hours >= size:
            return f"{number(watt_hours / size, 2)}{SPACE}{unit}"
    return f"{number(watt_hours * 1000, 0)}{SPACE}mWh"


@register.simple_tag
def energy_range(low: float, high: float) -> str:
    """`1.4–1.7 kWh`"""
    return _joined(energy(low), energy(high))


def _joined(first: str, last: str) -> str:
    """Two amounts as a range; the unit stands once where both share it."""
    if first == last:
        return last
    same_unit = first.partition(SPACE)[2] == last.partition(SPACE)[2]
    return f"{first.partition(SPACE)[0] if same_unit else first}–{last}"


@register.filter
def recipe_title(slug: str) -> str:
    """The title of a recipe; one that has left the catalogue keeps its slug."""
    return RECIPES[slug].title if slug in RECIPES else slug


@register.filter
def recipe_icon(slug: str) -> str:
    return RECIPES[slug].icon if slug in RECIPES else "play"


@register.filter
def lead_metric(metrics: dict[str, float] | None, slug: str) -> str:
    """The leading metric of a recipe in a run's results, empty when it has none."""
    recipe = RECIPES.get(slug)
    value = (metrics or {}).get(recipe.objective.metric) if recipe else None
    is_count = value is not None and value == int(value) and abs(value) > 1
    return number(value, 0 if is_count else 4) if value is not None else ""


@register.filter
def lead_label(slug: str) -> str:
    return RECIPES[slug].objective.label if slug in RECIPES else ""


@register.filter
def parent_option(model: ModelVersion) -> str:
    """`TRI-38, test accuracy 0.943`"""
    run = model.run
    value = lead_metric(run.metrics, run.recipe)
    return f"{run.name}, {lead_label(run.recipe).lower()} {value}" if value else run.name


@register.filter
def took(job: TrainingJob, ran: dict[UUID, timedelta | None]) -> float:
    """Seconds that a job has run, of all its attempts; pauses and waits in the queue do not count."""
    return (ran.get(job.pk) or timedelta()).total_seconds()


@register.filter
def waited(job: TrainingJob, moment: datetime) -> float:
    """Seconds that a job has stood in line."""
    return (moment - (job.queued_at or job.submitted_at)).total_seconds()
