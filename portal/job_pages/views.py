"""The page of one job: it is drawn whole by the server, and while the job lasts only what changes comes after."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

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
from trainingjobs.acts import acts_of, new_money, paused_by
from trainingjobs.adjustments import late_of
from trainingjobs.logs import read_tail
from trainingjobs.meter import meter_of
from trainingjobs.models import Priority, TrainingJob
from trainingjobs.queue import place_of
from trainingjobs.services.approval import digest_of
from trainingjobs.wording import before, log_lines, setting_lines, title_of

TAIL, LINES, LAST_LINES = 6_000, 40, 10  # bytes and lines of the log on the page; the last ones once it is over
PATIENCE = timedelta(seconds=30)  # then a job that nobody takes says so


@require_safe
def page(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Everything about a job, whatever its state."""
    job = _job(request, key, number)
    earlier, context = before(job), _live_context(request, job)
    model = ModelVersion.objects.filter(run=job.run_id).first() if job.run_id else None
    recipe = RECIPES.get(job.recipe)
    most = Priority.HIGH if context["acts"].may_give_high else Priority.NORMAL
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
            "submission": uuid4(),
            "digest": digest_of(job),
            "priorities": [(value, word) for value, word in Priority.choices if value <= most],
            "makes_model": not recipe or bool(recipe.produces),
            "followers": [each for each in RECIPES.values() if model and model.kind in each.parent_kinds],
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
        .select_related("run__dataset", "run__parent__run", "parent__run__project", "parent__run__job")
        .select_related("reservation__line__budget", "retry_of__project")
    )
    return get_object_or_404(jobs, project__key=key, number=number)


def _live_context(request: PersonRequest, job: TrainingJob) -> dict[str, Any]:
    best, now = best_before(job), timezone.now()
    lines, attempts = list(log_lines(read_tail(job, limit=TAIL))), list(job.attempts.all())
    ran_s = sum(((attempt.ended_at or now) - attempt.started_at).total_seconds() for attempt in attempts)
    return {
        "job": job,
        "title": title_of(job),
        "meter": meter_of(job, now, ran_s if attempts else None),
        "cards": curve_cards(job, best),
        "verdict": verdict_of(job, best),
        "lines": lines[-(LAST_LINES if job.status.is_terminal else LINES) :],
        "queue": place_of(job, now),
        "waits_long": now - job.submitted_at > PATIENCE,
        "attempts": attempts,
        "ran_s": ran_s,
        "limit_left_s": max(0.0, (job.time_limit_s or 0.0) - ran_s),
        "approvals": job.approvals.select_related("by"),
        "retries": job.retries.select_related("project").order_by("number") if job.status.is_terminal else [],
        "acts": acts_of(job, request.user),
        "money": new_money(job),
        "adjustments": late_of(job),
        "paused_by": paused_by(job),
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
