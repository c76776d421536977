"""The page of one job: it is drawn whole by the server, and while the job lasts only what changes comes after."""

import json
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseStopPolling, trigger_client_event

from engine.recipes import RECIPES
from experiments.files import model_files
from experiments.models import ModelVersion, Run
from experiments.series import points_since
from people.requests import PersonRequest
from portal.job_pages.curves import curve_cards
from portal.job_pages.results import comparison_of, confusion_of, final_metrics, line_of
from portal.job_pages.verdict import best_before, verdict_of, worth_of
from projects.permissions import may_contribute
from trainingjobs.logs import read_tail
from trainingjobs.meter import meter_of
from trainingjobs.models import TrainingJob
from trainingjobs.price_tag import place_in_queue
from trainingjobs.wording import before, log_lines, setting_lines, title_of

TAIL, LINES, LAST_LINES = 6_000, 40, 10  # bytes and lines of the log on the page; the last ones once it is over
PATIENCE = timedelta(seconds=30)  # then a job that nobody takes says so


@require_safe
def page(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Everything about a job, whatever its state."""
    job = _job(request, key, number)
    earlier, context = before(job), _live_context(request, job)
    model = ModelVersion.objects.filter(run=job.run_id).first() if job.run_id else None
    return render(
        request,
        "trainingjobs/job.html",
        {
            **context,
            "earlier": earlier,
            "settings": setting_lines(job, earlier),
            "model": model,
            "files": model_files(model) if model else [],
            "since": json.dumps({name: count for card in context["cards"] for name, count in card.counts.items()}),
            "followers": [recipe for recipe in RECIPES.values() if model and model.kind in recipe.parent_kinds],
            **_results(job.run),
        },
    )


@require_safe
def live(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """The parts that change while a job lasts; answers 286, which ends the polling, once it has ended."""
    job = _job(request, key, number)
    response = render(request, "trainingjobs/live.html", _live_context(request, job))
    if job.status.is_terminal:
        stopping = HttpResponseStopPolling(response.content)
        return trigger_client_event(stopping, "job-ended")
    return response


@require_safe
def series(request: PersonRequest, key: str, number: int) -> JsonResponse:
    """The points that the page does not have yet, and the layout that goes with them."""
    job = _job(request, key, number)
    cards = curve_cards(job, best_before(job))
    wanted = {curve.name for card in cards for curve in (card.data.training, card.data.validation)}
    deltas = points_since(job.run, _since(request)) if job.run and wanted else {}
    return JsonResponse(
        {
            "state": job.state,
            "ended": job.status.is_terminal,
            "series": {name: delta for name, delta in deltas.items() if name in wanted},
            "layouts": {card.id: card.layout for card in cards},
        }
    )


@require_safe
def worth(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """What the run is worth a year, for the page to fetch once the job has finished."""
    job = _job(request, key, number)
    return render(request, "trainingjobs/worth.html", {"job": job, "worth": worth_of(job, best_before(job))})


def _job(request: PersonRequest, key: str, number: int) -> TrainingJob:
    jobs = (
        TrainingJob.objects.visible_to(request.user)
        .for_list()
        .select_related("run__dataset", "run__parent__run", "parent__run__project", "parent__run__job", "reservation")
    )
    return get_object_or_404(jobs, project__key=key, number=number)


def _live_context(request: PersonRequest, job: TrainingJob) -> dict[str, Any]:
    best, now = best_before(job), timezone.now()
    lines = list(log_lines(read_tail(job, limit=TAIL)))
    return {
        "job": job,
        "title": title_of(job),
        "meter": meter_of(job, now),
        "cards": curve_cards(job, best),
        "verdict": verdict_of(job, best),
        "lines": lines[-(LAST_LINES if job.status.is_terminal else LINES) :],
        "queue": place_in_queue(job, now),
        "waits_long": now - job.submitted_at > PATIENCE,
        "attempts": job.attempts.all(),
        "may_act": may_contribute(request.user),
    }


def _results(run: Run | None) -> dict[str, Any]:
    """What the run found out, as far as it has ended."""
    if run is None or run.finished_at is None:
        return {}
    return {
        "comparison": comparison_of(run),
        "confusion": confusion_of(run),
        "line": line_of(run),
        "metrics": final_metrics(run),
    }


def _since(request: PersonRequest) -> dict[str, int]:
    """How many points of each curve the page has; anything else than counts by name means none."""
    try:
        asked = json.loads(request.GET.get("since", "{}"))
    except (ValueError, RecursionError):
        return {}
    return {name: count for name, count in asked.items() if isinstance(count, int)} if isinstance(asked, dict) else {}
