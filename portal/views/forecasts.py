"""Forecast against actual, published for everybody who reads a price tag."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from engine.recipes import RECIPES
from outcomes.querysets import day_ends
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.charts.forecasts import Forecasts, Told, forecasts
from portal.wording import seconds
from trainingjobs.forecast_accuracy import Accuracy, Judged, accuracy_of, judged_jobs
from trainingjobs.models import TrainingJob

DRAWN = 60  # of the newest jobs
TICKS_S = (0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1_800, 3_600, 10_800, 36_000, 86_400)


@dataclass(frozen=True)
class Row:
    """One recipe of the table; without `accuracy` too few of its jobs have finished."""

    slug: str
    title: str
    jobs: int
    accuracy: Accuracy | None


@require_safe
def page(request: PersonRequest) -> HttpResponse:
    """How right the price tags were, by recipe, and each job of one recipe: of all that have ended, or had by a day."""
    asked = asked_day(request.GET, timezone.localdate())
    visible = TrainingJob.objects.visible_to(request.user)
    if asked.on:
        visible = visible.filter(finished_at__lt=day_ends(asked.on))
    judged = {slug: judged_jobs(slug, visible) for slug in RECIPES}
    rows = [Row(slug, RECIPES[slug].title, len(jobs), accuracy_of(slug, jobs)) for slug, jobs in judged.items()]
    wanted = request.GET.get("recipe", "")
    slug = wanted if judged.get(wanted) else max(judged, key=lambda each: len(judged[each]))
    jobs = judged[slug][:DRAWN]
    context: dict[str, Any] = {"rows": rows, "chosen": slug, "title": RECIPES[slug].title, "jobs": jobs, "asked": asked}
    if jobs:
        context |= {"finding": _finding(jobs), "figure": _figure(jobs)}
    return render(request, "portal/forecasts.html", context, status=422 if asked.fault else 200)


def _finding(jobs: Sequence[Judged]) -> str:
    inside = sum(job.duration_is_inside for job in jobs)
    return ngettext(
        "%(inside)s of %(count)s job ended inside its range",
        "%(inside)s of %(count)s jobs ended inside their range",
        len(jobs),
    ) % {"inside": inside, "count": len(jobs)}


def _figure(jobs: Sequence[Judged]) -> Any:
    told = [
        Told(
            job.name,
            job.seconds,
            max(job.seconds_low, 1e-3),
            max(job.seconds_mid, 1e-3),
            max(job.seconds_high, 1e-3),
            _("took %(actual)s, forecast %(low)s to %(high)s")
            % {
                "actual": seconds(job.seconds),
                "low": seconds(job.seconds_low),
                "high": seconds(job.seconds_high),
            },
        )
        for job in jobs
    ]
    return forecasts(
        Forecasts(
            told,
            [(tick, seconds(tick)) for tick in TICKS_S],
            actual_label=_("It took"),
            forecast_label=_("Forecast, with P10 to P90"),
        )
    )
